import { createParser } from "eventsource-parser";
import type { TailraceServer } from "./tailrace.ts";

/** The ends of executions, as the event stream reports them. */
export class Ends {
  readonly #ended = new Set<string>();
  readonly #waiting = new Map<string, () => void>();
  readonly #closing = new AbortController();

  static async of({ url, key }: TailraceServer): Promise<Ends> {
    const ends = new Ends();
    const response = await fetch(`${url}/stream/v1/stream?events=st2.execution__update`, {
      headers: { "st2-api-key": key },
      signal: ends.#closing.signal,
    });
    if (!response.ok || !response.body) throw new Error(`the event stream: HTTP ${response.status}`);
    void ends.#read(response.body).catch(() => undefined);
    return ends;
  }

  /** Resolves once an execution has ended. */
  has(id: string): Promise<void> {
    if (this.#ended.delete(id)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  close(): void {
    this.#closing.abort();
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const parser = createParser({
      onEvent: ({ data }) => {
        const { id, status }: { id: string; status: string } = JSON.parse(data);
        if (status !== "succeeded") return;
        const waiting = this.#waiting.get(id);
        if (waiting) waiting();
        else this.#ended.add(id);
        this.#waiting.delete(id);
      },
    });
    for await (const text of body.pipeThrough(new TextDecoderStream())) parser.feed(text);
  }
}
