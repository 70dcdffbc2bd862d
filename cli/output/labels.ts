import { type Chunk, chunkText } from "../../protocol/wire/chunk.ts";
import { streamOf } from "../terminal/screen.ts";
import { nameText } from "../terminal/words.ts";

/** Puts a label before each line. A line that two chunks share has one label, unless another stream interrupts it. */
export class LabelledLines {
  readonly #label: (chunk: Chunk) => string;
  readonly #breaks: RegExp;
  #open: string | undefined;

  /** With `returns`, a label also follows each carriage return, which starts the line again. */
  constructor(label: (chunk: Chunk) => string, { returns = false } = {}) {
    this.#label = label;
    this.#breaks = returns ? /\n(?!$)|\r(?!\n)/g : /\n(?!$)/g;
  }

  /** The labelled lines of a chunk. `text` is the part to show, if that is not all of it. */
  format(chunk: Chunk, text = chunkText(chunk)): string {
    if (text === "") return "";
    const prefix = this.#label(chunk);
    const stream = streamOf(chunk);
    const continues = this.#open === stream;
    const interrupts = this.#open !== undefined && !continues;
    this.#open = text.endsWith("\n") ? undefined : stream;
    const lines = text.replace(this.#breaks, (end) => `${end}${prefix}`);
    return `${interrupts ? "\n" : ""}${continues ? "" : prefix}${lines}`;
  }
}

/** Time and stream, as StackStorm's client writes them, and the chunk's place in a tree of executions. */
export function metadataLabel(chunk: Chunk): string {
  return `[${chunk.timestamp}][${chunk.output_type}]${pathLabel(chunk)} `;
}

/** The tasks and the host that a chunk comes from, `[task/host]`; an execution's own output needs no label. */
export function pathLabel({ path }: Chunk): string {
  return path === undefined ? "" : `[${nameText(path)}]`;
}
