import { once } from "node:events";
import { styleText } from "node:util";
import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { type FollowRecord, isChunk } from "../../protocol/wire/record.ts";
import { RESET } from "../terminal/colours.ts";
import type { Look } from "../terminal/look.ts";
import { tell } from "../terminal/print.ts";
import { Screen } from "../terminal/screen.ts";
import { jsonText } from "../terminal/words.ts";
import { LabelledLines, metadataLabel, pathLabel } from "./labels.ts";
import { PlainOutput } from "./plain-output.ts";

export interface PrinterOptions {
  look: Look;
  includeMetadata?: boolean;
  json?: boolean;
}

/** Prints the records of a followed output. */
export interface Printer {
  print: (record: FollowRecord) => Promise<void>;
  /** Resets the terminal before a message on stderr. */
  interrupt: () => void;
  close: () => void;
}

/** Prints an execution's output with StackStorm's words around it, or each record as JSON. */
export function printerFor(id: string, { json, look, includeMetadata = false }: PrinterOptions): Printer {
  if (json) {
    const print = (record: FollowRecord) => write(`${jsonText(record)}\n`);
    return { print, interrupt: () => undefined, close: () => undefined };
  }
  const output = outputOf(look, includeMetadata);
  const words = (text: string) => write(`${output.interrupt()}${text}`);
  const interrupt = () => {
    process.stdout.write(output.interrupt());
  };
  let has_started = false;
  const print = async (record: FollowRecord) => {
    if (isChunk(record)) {
      if (record.gap) {
        interrupt();
        tellGap(record);
      } else await write(output.show(record));
    } else if (record.event === "status" && record.status === "running" && !has_started) {
      // Each connection begins with the status; it is printed once.
      has_started = true;
      await words(`Execution ${id} has started.\n\n`);
    } else if (record.event === "end") {
      await words(`${output.end()}\nExecution ${id} has completed (status=${record.status}).\n`);
    }
  };
  const close = () => {
    process.stdout.write(output.end());
    output.close();
  };
  return { print, interrupt, close };
}

interface Output {
  show: (chunk: Chunk) => string | Uint8Array;
  /** The text that waited for its line feed. */
  end: () => string;
  interrupt: () => string;
  close: () => void;
}

function outputOf(look: Look, includeMetadata: boolean): Output {
  const isLabelled = (chunk: Chunk) => includeMetadata || pathLabel(chunk) !== "";
  const label = (chunk: Chunk) => (includeMetadata ? metadataLabel(chunk) : `${pathLabel(chunk)} `);
  if (look === "raw") {
    const lines = new LabelledLines(label);
    return {
      show: (chunk) => (isLabelled(chunk) ? lines.format(chunk) : chunkBytes(chunk)),
      end: () => "",
      interrupt: () => "",
      close: () => undefined,
    };
  }
  if (look === "plain") {
    const lines = new LabelledLines(label);
    const output = new PlainOutput((chunk, text) => (isLabelled(chunk) ? lines.format(chunk, text) : text));
    return {
      show: (chunk) => output.show(chunk),
      end: () => output.end(),
      interrupt: () => "",
      close: () => undefined,
    };
  }
  const screen = new Screen();
  const rest = { end: () => "", interrupt: () => screen.interrupt(), close: () => screen.close() };
  // A reset first: the colours of one line must not colour the next line's label.
  const lines = new LabelledLines((chunk) => `${RESET}${paint(chunk, label(chunk))}`, { returns: true });
  return {
    show: (chunk) =>
      isLabelled(chunk)
        ? paint(chunk, lines.format(chunk, screen.show(chunk, "lines")))
        : paint(chunk, screen.show(chunk, "screen")),
    ...rest,
  };
}

/** stderr in a colour of its own. */
function paint({ output_type }: Chunk, text: string): string {
  return output_type === "stderr" && text !== "" ? styleText("red", text) : text;
}

function tellGap({ gap, seq }: Chunk): void {
  const amount = gap?.bytes === null ? "an unknown number of bytes" : `${gap?.bytes} bytes`;
  tell(`[output is missing here: ${amount} at ${seq}, ${gap?.reason}]`);
}

/** Writes to stdout and waits while it is full: a slow terminal slows the reader down instead of filling memory. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}
