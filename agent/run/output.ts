import { StreamText } from "../process/result.ts";
import type { StreamTexts } from "../runners/runner.ts";
import { HELD_MS_MAX, Masker } from "../secrets/masker.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { cutPieces } from "../spool/chunker.ts";
import type { Spool } from "../spool/spool.ts";

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

interface Stream {
  masker: Masker;
  text: StreamText;
  /** The beginning of a character that is not complete yet. */
  rest: Buffer;
  /** Shows what is held back for too long; undefined where nothing waits for it. */
  release: NodeJS.Timeout | undefined;
}

/** What one run writes, on its way from the pipes to the spool: masked, cut into chunks, and kept for the result. */
export class Output {
  readonly #spool: Spool;
  readonly #stream_output: boolean;
  readonly #secrets: Secrets;
  readonly #notify: () => void;
  readonly #host: string | undefined;
  readonly #streams: Record<StreamName, Stream>;

  /** `stream_output`: false keeps what the result repeats, and nothing else. */
  constructor(options: {
    spool: Spool;
    stream_output: boolean;
    secrets: Secrets;
    notify: () => void;
    host: string | undefined;
  }) {
    const { spool, stream_output, secrets, notify, host } = options;
    this.#spool = spool;
    this.#stream_output = stream_output;
    this.#secrets = secrets;
    this.#notify = notify;
    this.#host = host;
    const stream = (): Stream => ({
      masker: new Masker(secrets.automata),
      text: new StreamText(),
      rest: Buffer.alloc(0),
      release: undefined,
    });
    this.#streams = { stdout: stream(), stderr: stream() };
  }

  /** Takes what a pipe has brought; the promise is for the next bytes to wait for, where there is one. */
  write(name: StreamName, bytes: Buffer): Promise<void> | undefined {
    const stream = this.#streams[name];
    const masker = this.#masker(stream);
    this.#show(name, stream, masker.push(bytes), false);
    // What these bytes alone are held for waits its whole time; a stream that always writes more must not put it off.
    if (masker.held <= bytes.length) stopTimer(stream);
    if (masker.held > 0) stream.release ??= setTimeout(() => this.#release(name, stream), HELD_MS_MAX);
    return this.#stream_output ? this.#spool.ready : undefined;
  }

  /** There will be no more: what was held is decided, what was cut is whole. */
  finish(): void {
    for (const name of STREAMS) {
      const stream = this.#streams[name];
      stopTimer(stream);
      this.#show(name, stream, this.#masker(stream).finish(), true);
    }
  }

  /** Both streams, as the result repeats them. */
  get texts(): StreamTexts {
    return { stdout: this.#streams.stdout.text.value(), stderr: this.#streams.stderr.text.value() };
  }

  #release(name: StreamName, stream: Stream): void {
    stream.release = undefined;
    this.#show(name, stream, this.#masker(stream).release(), false);
  }

  /** The masker of a stream, with all secrets that have become known. */
  #masker({ masker }: Stream): Masker {
    masker.replace(this.#secrets.automata);
    return masker;
  }

  #show(name: StreamName, stream: Stream, bytes: Buffer, ended: boolean): void {
    stream.text.add(bytes);
    if (!this.#stream_output) return;
    const all = stream.rest.length === 0 ? bytes : Buffer.concat([stream.rest, bytes]);
    const { pieces, rest } = cutPieces(all, ended);
    stream.rest = Buffer.from(rest);
    for (const piece of pieces) this.#spool.append(name, piece, this.#host);
    if (pieces.length > 0) this.#notify();
  }
}

function stopTimer(stream: Stream): void {
  clearTimeout(stream.release);
  stream.release = undefined;
}
