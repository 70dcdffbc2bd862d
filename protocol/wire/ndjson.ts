/** The lines of a whole text. The last line feed begins no further line. */
export function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Cuts text that comes in pieces into lines. */
export class LineSplitter {
  readonly #chars_max: number;
  #rest = "";

  /** `chars_max`: the longest unfinished line, in characters. */
  constructor(chars_max: number) {
    this.#chars_max = chars_max;
  }

  /** The lines that end in a piece. An empty line only keeps a connection alive. Then throws if the unfinished line is too long. */
  *push(text: string): Generator<string, void, void> {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    yield* lines;
    if (this.#rest.length > this.#chars_max)
      throw new Error(`a line has more than ${this.#chars_max} characters`);
  }
}
