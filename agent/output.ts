import { cutPieces } from "./chunker.ts";
import { StreamText } from "./process/result.ts";
import type { StreamTexts } from "./runners/runner.ts";
import { HELD_MS_MAX, Masker } from "./secrets/masker.ts";
import type { Secrets } from "./secrets/secrets.ts";
import type { Spool } from "./spool/spool.ts";

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

interface Stream {
  masker: Masker;
  text: StreamText;
  /** The beginning of a character that is not complete yet. */
  rest: Buffer;
  /** Shows what is held back for too long. */
  release: NodeJS.Timeout | undefined;
}

/** What one run writes, on its way from the pipes to the spool: masked, cut into chunks, and kept for the result. */
export class Output {
  readonly #spool: Spool;
  readonly #notify: () => void;
  readonly #host: string | undefined;
  readonly #streams: Record<StreamName, Stream>;

  constructor(options: { spool: Spool; secrets: Secrets; notify: () => void; host: string | undefined }) {
    const { spool, secrets, notify, host } = options;
    this.#spool = spool;
    this.#notify = notify;
    this.#host = host;
    const stream = (): Stream => ({
      masker: new Masker(secrets.automaton),
      text: new StreamText(),
      rest: Buffer.alloc(0),
      release: undefined,
    });
    this.#streams = { stdout: stream(), stderr: stream() };
    secrets.onChange((automaton) => {
      for (const name of STREAMS) this.#streams[name].masker.replace(automaton);
    });
  }

  /** Takes what a pipe has brought. */
  write(name: StreamName, bytes: Buffer): void {
    const stream = this.#streams[name];
    this.#show(name, stream, stream.masker.push(bytes), false);
    clearTimeout(stream.release);
    if (stream.masker.holds) {
      stream.release = setTimeout(
        () => this.#show(name, stream, stream.masker.release(), false),
        HELD_MS_MAX,
      );
    }
  }

  /** There will be no more: what was held is decided, what was cut is whole. */
  finish(): void {
    for (const name of STREAMS) {
      const stream = this.#streams[name];
      clearTimeout(stream.release);
      this.#show(name, stream, stream.masker.finish(), true);
    }
  }

  /** Both streams, as the result repeats them. */
  get texts(): StreamTexts {
    return { stdout: this.#streams.stdout.text.value(), stderr: this.#streams.stderr.text.value() };
  }

  #show(name: StreamName, stream: Stream, bytes: Buffer, ended: boolean): void {
    stream.text.add(bytes);
    const all = stream.rest.length === 0 ? bytes : Buffer.concat([stream.rest, bytes]);
    const { pieces, rest } = cutPieces(all, ended);
    stream.rest = Buffer.from(rest);
    for (const piece of pieces) this.#spool.append(name, piece, this.#host);
    if (pieces.length > 0) this.#notify();
  }
}
