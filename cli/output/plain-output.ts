import { ShownText } from "../../protocol/screen/shown-text.ts";
import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { streamOf } from "../terminal/screen.ts";

interface Stream {
  decoder: InstanceType<typeof TextDecoder>;
  text: ShownText;
  /** Its last chunk, whose label the rest of its text has. */
  last: Chunk;
}

/** Streams that have a screen of their own. Beyond it, the text of the stream that was silent for longest ends. */
const STREAMS_MAX = 100;

/** An output as text: each row at its line feed, as a terminal shows it then. */
export class PlainOutput {
  readonly #format: (chunk: Chunk, text: string) => string;
  readonly #streams = new Map<string, Stream>();

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
    const oldest = this.#streams.size > STREAMS_MAX ? this.#endOldest() : "";
    return oldest + this.#format(chunk, stream.text.write("", decoded(stream, chunk)));
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
      return this.#format(last, text.end());
    }
    return "";
  }
}

function decoded({ decoder }: Stream, chunk: Chunk): string {
  return decoder.decode(chunkBytes(chunk), { stream: true });
}
