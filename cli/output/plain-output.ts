import { ShownText } from "../../protocol/screen/shown-text.ts";
import { Sources } from "../../protocol/screen/sources.ts";
import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { streamOf } from "../terminal/screen.ts";

interface Stream {
  decoder: InstanceType<typeof TextDecoder>;
  text: ShownText;
  /** Its last chunk, whose label the rest of its text has. */
  last: Chunk | undefined;
}

/**
 * An output as text: each row at its line feed, as a terminal shows it then. If the screens of all streams are too large together, the text
 * of the stream that was silent for longest ends.
 */
export class PlainOutput {
  readonly #format: (chunk: Chunk, text: string) => string;
  readonly #streams = new Sources<Stream>(() => ({
    decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
    text: new ShownText({ at_once: true }),
    last: undefined,
  }));

  /** `format` puts labels into the text of a chunk. */
  constructor(format: (chunk: Chunk, text: string) => string) {
    this.#format = format;
  }

  /** The rows that a chunk ends. */
  show(chunk: Chunk): string {
    let shown = "";
    const ended = this.#streams.write(streamOf(chunk), (stream) => {
      stream.last = chunk;
      shown = this.#format(chunk, stream.text.write("", decoded(stream, chunk)));
      return stream.text.cells;
    });
    return shown + this.#restOf(ended);
  }

  /** The rows that have not ended. */
  end(): string {
    return this.#restOf(this.#streams.end());
  }

  #restOf(ended: Stream[]): string {
    return ended.map(({ text, last }) => (last ? this.#format(last, text.end()) : "")).join("");
  }
}

function decoded({ decoder }: Stream, chunk: Chunk): string {
  return decoder.decode(chunkBytes(chunk), { stream: true });
}
