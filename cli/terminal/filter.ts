import { colourSequence, isReset, RESET } from "./colours.ts";
import { OwnRows, type Size } from "./own-rows.ts";
import { type Part, SequenceReader } from "./sequences.ts";

/**
 * How much of an output is shown. `screen`: colours, clearing, and moves within the rows that the output has printed. `lines`, which
 * have labels: colours and carriage returns.
 */
export type View = "screen" | "lines";

/** Streams whose place in a sequence is kept; beyond that, the streams that were silent for longest are dropped. */
const STREAMS_MAX = 1_000;

interface Stream {
  decoder: InstanceType<typeof TextDecoder>;
  reader: SequenceReader;
}

/** Passes only harmless text and sequences on to a terminal. A stream's sequences may be cut anywhere. */
export class TerminalFilter {
  readonly #rows: OwnRows;
  readonly #streams = new Map<string, Stream>();
  #is_coloured = false;

  constructor(size: () => Size) {
    this.#rows = new OwnRows(size);
  }

  /** The visible part of the next bytes of a stream. */
  write(name: string, bytes: Uint8Array, view: View): string {
    const stream = this.#stream(name);
    let shown = view === "screen" ? "" : this.#leaveRows();
    for (const part of stream.reader.read(stream.decoder.decode(bytes, { stream: true })))
      shown += this.#show(part, view);
    return shown;
  }

  /** Ends the colours and leaves the rows, before text that is not part of the output. */
  end(): string {
    const left = `${this.#leaveRows()}${this.#is_coloured ? RESET : ""}`;
    this.#is_coloured = false;
    return left;
  }

  #leaveRows(): string {
    const left = this.#rows.leave();
    this.#rows.restart();
    return left;
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name) ?? {
      decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
      reader: new SequenceReader(),
    };
    this.#streams.delete(name);
    this.#streams.set(name, stream);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > STREAMS_MAX && oldest !== undefined) this.#streams.delete(oldest);
    return stream;
  }

  #show(part: Part, view: View): string {
    if (part.kind === "sequence" && part.final === "m") return this.#colour(part.parameters);
    if (view === "lines") return showInLine(part);
    if (part.kind === "text") return this.#rows.text(part.text);
    return part.kind === "control"
      ? this.#rows.control(part.character)
      : this.#rows.sequence(part.parameters, part.final);
  }

  #colour(parameters: string): string {
    const sequence = colourSequence(parameters);
    if (sequence !== "") this.#is_coloured = !isReset(parameters);
    return sequence;
  }
}

function showInLine(part: Part): string {
  if (part.kind === "text") return part.text;
  if (part.kind === "control") return "\n\r\t".includes(part.character) ? part.character : "";
  // Always clears to the end of the line, whatever the parameter says, so that the label stays.
  return part.final === "K" ? "\u001b[K" : "";
}
