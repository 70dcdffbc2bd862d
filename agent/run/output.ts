import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { StreamText } from "../process/result.ts";
import type { StreamTexts } from "../runners/runner.ts";
import { HELD_MS_MAX, Masker } from "../secrets/masker.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { cutPieces } from "../spool/chunker.ts";
import type { Spool } from "../spool/spool.ts";

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

const NOTHING = Buffer.alloc(0);

interface Stream {
  masker: Masker;
  text: StreamText;
  /** The first bytes of a character whose other bytes have not come. */
  rest: Buffer;
  /** The timer that releases what the masker holds back; undefined while it holds nothing back. */
  release: NodeJS.Timeout | undefined;
}

/** Takes the output of one run from the pipes: masks it, cuts it into chunks for the spool, and keeps its text for the result. */
export class Output {
  readonly #spool: Spool;
  readonly #stream_output: boolean;
  readonly #secrets: Secrets;
  readonly #notify: () => void;
  readonly #host: string | undefined;
  readonly #gathers: boolean;
  readonly #streams: Record<StreamName, Stream>;
  /** The stream whose bytes are gathered. A busy pipe brings many small reads in one turn, which become one chunk at its end. */
  #gathering: StreamName = "stdout";
  #gathered: Buffer[] = [];
  #gathered_bytes = 0;
  #flushing: NodeJS.Immediate | undefined;

  /** Without `stream_output`, only the text for the result is kept. */
  constructor(options: {
    spool: Spool;
    stream_output: boolean;
    secrets: Secrets;
    notify: () => void;
    host: string | undefined;
    /** Whether reads of one turn become one chunk. Without that, each is in the spool before the next one is taken. */
    gathers: boolean;
  }) {
    const { spool, stream_output, secrets, notify, host, gathers } = options;
    this.#spool = spool;
    this.#stream_output = stream_output;
    this.#secrets = secrets;
    this.#notify = notify;
    this.#host = host;
    this.#gathers = gathers;
    const stream = (): Stream => ({
      masker: new Masker(secrets.automata),
      text: new StreamText(),
      rest: NOTHING,
      release: undefined,
    });
    this.#streams = { stdout: stream(), stderr: stream() };
  }

  /** Takes bytes from a pipe. If it returns a promise, the next bytes must wait for it. */
  write(name: StreamName, bytes: Buffer): Promise<void> | undefined {
    const stream = this.#streams[name];
    const masker = this.#masker(stream);
    this.#show(name, stream, masker.push(bytes), false);
    // The timer restarts only if all held bytes are new: a stream that writes all the time must not delay it forever.
    if (masker.held <= bytes.length) stopTimer(stream);
    if (masker.held > 0) stream.release ??= setTimeout(() => this.#release(name, stream), HELD_MS_MAX);
    return this.#stream_output ? this.#spool.ready : undefined;
  }

  /** Both streams have ended: shows the bytes that were held back, and incomplete characters. */
  finish(): void {
    for (const name of STREAMS) {
      const stream = this.#streams[name];
      stopTimer(stream);
      this.#show(name, stream, this.#masker(stream).finish(), true);
    }
  }

  /** The text of both streams, for the result. */
  get texts(): StreamTexts {
    return { stdout: this.#streams.stdout.text.value(), stderr: this.#streams.stderr.text.value() };
  }

  #release(name: StreamName, stream: Stream): void {
    stream.release = undefined;
    this.#show(name, stream, this.#masker(stream).release(), false);
  }

  /** The stream's masker, with all secrets that are known now. */
  #masker({ masker }: Stream): Masker {
    masker.replace(this.#secrets.automata);
    return masker;
  }

  #show(name: StreamName, stream: Stream, bytes: Buffer, ended: boolean): void {
    stream.text.add(bytes);
    if (!this.#stream_output) return;
    // In the order of the reads: the other stream's bytes came earlier.
    if (this.#gathering !== name || this.#gathered_bytes + bytes.length > CHUNK_BYTES_MAX) this.#flush(false);
    this.#gathering = name;
    this.#gathered.push(bytes);
    this.#gathered_bytes += bytes.length;
    if (ended || !this.#gathers) this.#flush(ended);
    else this.#flushing ??= setImmediate(() => this.#flush(false));
  }

  /** Cuts what is gathered into chunks for the spool. */
  #flush(ended: boolean): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#gathered.length === 0) return;
    const stream = this.#streams[this.#gathering];
    const parts = stream.rest.length === 0 ? this.#gathered : [stream.rest, ...this.#gathered];
    this.#gathered = [];
    this.#gathered_bytes = 0;
    const [only = NOTHING] = parts;
    const { pieces, rest } = cutPieces(parts.length === 1 ? only : Buffer.concat(parts), ended);
    // A copy: the memory of the rest belongs to the pipe.
    stream.rest = rest.length === 0 ? NOTHING : Buffer.from(rest);
    for (const piece of pieces) this.#spool.append(this.#gathering, piece, this.#host);
    if (pieces.length > 0) this.#notify();
  }
}

function stopTimer(stream: Stream): void {
  clearTimeout(stream.release);
  stream.release = undefined;
}
