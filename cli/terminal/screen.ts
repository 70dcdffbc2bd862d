import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { TerminalFilter, type View } from "./filter.ts";
import type { Size } from "./own-rows.ts";

/** The size of a terminal that does not tell it. */
const SIZE: Size = { columns: 80, rows: 24 };

/** Signals that end this program before it can leave by itself. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * This command's terminal, while it shows an output. However the command ends, the colours of the output end with it, and
 * the cursor is below it.
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

  /** The text to write before words that are not part of the output. */
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
    // Another part of the program that listens knows how to end. Otherwise the signal does what it does by itself.
    if (process.listenerCount(signal) > 1) return;
    process.off(signal, this.#leaveBySignal);
    process.kill(process.pid, signal);
  };
}

/** The stream that a chunk is a piece of. */
export function streamOf({ execution_id, host, output_type }: Chunk): string {
  return `${execution_id ?? ""} ${host ?? ""} ${output_type}`;
}

function terminalSize(): Size {
  return { columns: process.stdout.columns || SIZE.columns, rows: process.stdout.rows || SIZE.rows };
}
