import { type Chunk, chunkText } from "../../protocol/wire/chunk.ts";
import { streamOf } from "../terminal/screen.ts";
import { nameText } from "../terminal/words.ts";

/** A label before each line; a line that two chunks share has it once, unless another stream cuts in. */
export class LabelledLines {
  readonly #label: (chunk: Chunk) => string;
  readonly #breaks: RegExp;
  #open: string | undefined;

  /** With `returns`, a line that is written anew from its beginning has its label anew. */
  constructor(label: (chunk: Chunk) => string, { returns = false } = {}) {
    this.#label = label;
    this.#breaks = returns ? /\n(?!$)|\r(?!\n)/g : /\n(?!$)/g;
  }

  /** The lines of a chunk, whose text may be less than all of it. */
  format(chunk: Chunk, text = chunkText(chunk)): string {
    if (text === "") return "";
    const prefix = this.#label(chunk);
    const stream = streamOf(chunk);
    const continues = this.#open === stream;
    const cuts_in = this.#open !== undefined && !continues;
    this.#open = text.endsWith("\n") ? undefined : stream;
    const lines = text.replace(this.#breaks, (end) => `${end}${prefix}`);
    return `${cuts_in ? "\n" : ""}${continues ? "" : prefix}${lines}`;
  }
}

/** Time and stream, as StackStorm's client writes them, and whose it is in a tree of executions. */
export function metadataLabel(chunk: Chunk): string {
  return `[${chunk.timestamp}][${chunk.output_type}]${pathLabel(chunk)} `;
}

/** The tasks and the host that a chunk comes from, `[task/host]`; an execution's own output needs no label. */
export function pathLabel({ path }: Chunk): string {
  return path === undefined ? "" : `[${nameText(path)}]`;
}
