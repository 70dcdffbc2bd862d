import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { TerminalFilter, type View } from "./filter.ts";
import type { Size } from "./own-rows.ts";

/** The size that is assumed if a terminal does not report it. */
const SIZE: Size = { columns: 80, rows: 24 };

/** Signals that end this program before it can leave by itself. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The terminal while a command shows an output. However the command ends, the output's colours are reset and the cursor is below
 * the output.
 */
export class Screen {
  readonly #filter = new TerminalFilter(terminalSize);

  constructor() {
    process.on("exit", this.#leave);
    for (const signal of SIGNALS) process.on(signal, this.#leaveBySignal);
  }

  /** The visible part of a chunk. */
  show(chunk: Chunk, view: View): string {
    return this.#filter.write(streamOf(chunk), chunkBytes(chunk), view);
  }

  /** What to write before text that is not part of the output. */
  interrupt(): string {
    return this.#filter.end();
  }

  /** Ends the output. */
  close(): void {
    process.off("exit", this.#leave);
    for (const signal of SIGNALS) process.off(signal, this.#leaveBySignal);
    this.#leave();
  }

  readonly #leave = (): void => {
    const left = this.#filter.end();
    if (left !== "") process.stdout.write(left);
  };

  readonly #leaveBySignal = (signal: NodeJS.Signals): void => {
    this.#leave();
    // Another listener ends the program in its own way. Without one, the signal's default applies.
    if (process.listenerCount(signal) > 1) return;
    process.off(signal, this.#leaveBySignal);
    process.kill(process.pid, signal);
  };
}

/** The name of a chunk's stream. */
export function streamOf({ execution_id, host, output_type }: Chunk): string {
  return `${execution_id ?? ""} ${host ?? ""} ${output_type}`;
}

function terminalSize(): Size {
  return { columns: process.stdout.columns || SIZE.columns, rows: process.stdout.rows || SIZE.rows };
}
