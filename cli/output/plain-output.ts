import { SCREENS_CELLS_MAX } from "../../protocol/screen/no-terminal.ts";
import { ShownText } from "../../protocol/screen/shown-text.ts";
import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { streamOf } from "../terminal/screen.ts";

interface Stream {
  decoder: InstanceType<typeof TextDecoder>;
  text: ShownText;
  /** Its last chunk, whose label the rest of its text has. */
  last: Chunk;
}

/**
 * An output as text: each row at its line feed, as a terminal shows it then. If the screens of all streams are too large together, the text
 * of the stream that was silent for longest ends.
 */
export class PlainOutput {
  readonly #format: (chunk: Chunk, text: string) => string;
  readonly #streams = new Map<string, Stream>();
  /** The cells of all screens. */
  #cells = 0;

  /** `format` puts labels into the text of a chunk. */
  constructor(format: (chunk: Chunk, text: string) => string) {
    this.#format = format;
  }

  /** The rows that a chunk ends. */
  show(chunk: Chunk): string {
    const name = streamOf(chunk);
    const stream = this.#streams.get(name) ?? {
      decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
      text: new ShownText({ at_once: true }),
      last: chunk,
    };
    stream.last = chunk;
    this.#streams.delete(name);
    this.#streams.set(name, stream);
    const cells = stream.text.cells;
    let shown = this.#format(chunk, stream.text.write("", decoded(stream, chunk)));
    this.#cells += stream.text.cells - cells;
    while (this.#cells > SCREENS_CELLS_MAX) shown += this.#endOldest();
    return shown;
  }

  /** The rows that have not ended. */
  end(): string {
    let rest = "";
    while (this.#streams.size > 0) rest += this.#endOldest();
    return rest;
  }

  #endOldest(): string {
    for (const [name, { text, last }] of this.#streams) {
      this.#streams.delete(name);
      this.#cells -= text.cells;
      return this.#format(last, text.end());
    }
    return "";
  }
}

function decoded({ decoder }: Stream, chunk: Chunk): string {
  return decoder.decode(chunkBytes(chunk), { stream: true });
}
