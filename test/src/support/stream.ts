import { env } from "cloudflare:workers";
import { createParser } from "eventsource-parser";
import { fetchWorker, ORIGIN } from "./world.ts";

/** One event of the global stream, as a client sees it. */
export interface StreamEvent {
  name: string;
  body: Record<string, unknown>;
}

/** A client of the event stream that reads all the time. */
export class StreamReader {
  readonly seen: StreamEvent[] = [];
  readonly #done: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #wake: (() => void) | undefined;
  #failure: unknown;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
    this.#done = this.#read();
  }

  /** Everything up to the first event that meets a condition. */
  async until(holds: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    for (let at = 0; ; at++) {
      while (at >= this.seen.length) {
        if (this.#failure) throw this.#failure;
        if (this.#ended) throw new Error(`the stream ended after ${this.seen.length} events`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const event = this.seen[at];
      if (event && holds(event)) return this.seen.slice(0, at + 1);
    }
  }

  /** Everything up to the end of the stream. */
  async all(): Promise<StreamEvent[]> {
    await this.#done;
    if (this.#failure) throw this.#failure;
    return this.seen;
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: Number.POSITIVE_INFINITY,
      onEvent: ({ event, data }) => {
        this.seen.push({ name: event ?? "", body: JSON.parse(data) });
      },
    });
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        parser.feed(decoder.decode(value, { stream: true }));
        this.#wake?.();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#ended = true;
    this.#wake?.();
  }
}

/** Opens a stream and expects success. */
export async function openStream(
  path: string,
  headers: Record<string, string> = { "st2-api-key": env.TAILRACE_API_KEY },
): Promise<StreamReader> {
  const response = await fetchWorker(ORIGIN + path, { headers });
  if (!response.ok || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
  return new StreamReader(response.body);
}
