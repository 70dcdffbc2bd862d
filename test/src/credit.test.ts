import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { CREDIT_CHARS_MAX, MESSAGE_CHARS_MAX, PAGE_BYTES } from "../../protocol/base/reader-limits.ts";
import { type FollowRecord, isChunk, readRecord } from "../../protocol/wire/record.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();

/** This many chunks of this size are three times the credit of a follower that grants nothing. */
const CHUNK_CHARS = 64_000;
const CHUNKS = 200;

/** An ended execution with more output than a follower's credit. */
async function long(): Promise<string> {
  const { id, token } = await run(client);
  for (let seq = 1; seq <= CHUNKS; seq += 4) {
    const data = Array.from({ length: 4 }, () => `${"x".repeat(CHUNK_CHARS - 1)}\n`);
    await client.append(id, token, chunks(seq, ...data));
  }
  await client.end(id, token, ended(CHUNKS));
  return id;
}

/** A follower that grants credit only as the test decides. */
class Follower {
  readonly #socket: WebSocket;
  readonly records: FollowRecord[] = [];
  chars = 0;
  /** The characters of the longest message. */
  longest = 0;

  private constructor(socket: WebSocket, onMessage: (message: string, follower: Follower) => void) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message = String(data);
      this.chars += message.length;
      this.longest = Math.max(this.longest, message.length);
      for (const line of message.split("\n")) {
        const record = line === "" ? undefined : readRecord(line);
        if (record) this.records.push(record);
      }
      onMessage(message, this);
    });
    socket.accept();
  }

  static async connect(
    id: string,
    onMessage: (message: string, follower: Follower) => void = () => undefined,
  ): Promise<Follower> {
    const { webSocket } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output`, {
      headers: { "st2-api-key": env.TAILRACE_API_KEY, upgrade: "websocket" },
    });
    if (!webSocket) throw new Error("no WebSocket");
    return new Follower(webSocket, onMessage);
  }

  grant(credit: number): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ credit }));
  }

  get seqs(): number[] {
    return this.records.filter(isChunk).map(({ seq }) => seq);
  }

  get events(): string[] {
    return this.records.flatMap((record) => (isChunk(record) ? [] : [record.event]));
  }
}

const ALL = Array.from({ length: CHUNKS }, (_, at) => at + 1);

describe("a follower that is behind", () => {
  it("gets large parts, even if it grants credit in small ones", async () => {
    const follower = await Follower.connect(await long(), ({ length }, own) => own.grant(length));
    await eventually(() => expect(follower.events).toContain("end"));
    expect(follower.seqs).toEqual(ALL);
    // The first part uses the whole credit, each later one at least half of it.
    const parts = 1 + Math.ceil((CHUNKS * CHUNK_CHARS) / (CREDIT_CHARS_MAX / 2));
    expect(follower.events.filter((event) => event === "credit").length).toBeLessThanOrEqual(parts);
  });

  it("gets no message that a slow connection would need long for, replayed or live", async () => {
    const { id, token } = await run(client);
    const live = await Follower.connect(id, ({ length }, own) => own.grant(length));
    const lines = Array.from({ length: 40 }, () => `${"x".repeat(20_000)}\n`);
    await client.append(id, token, chunks(1, ...lines));
    const replayed = await Follower.connect(id, ({ length }, own) => own.grant(length));
    await client.end(id, token, ended(lines.length));
    for (const follower of [live, replayed]) {
      await eventually(() => expect(follower.events).toContain("end"));
      expect(follower.seqs).toHaveLength(lines.length);
      expect(follower.longest).toBeLessThan(MESSAGE_CHARS_MAX);
    }
  });

  it("continues at its place after an eviction, whatever it granted before", async () => {
    const id = await long();
    const follower = await Follower.connect(id);
    await eventually(() => expect(follower.events).toContain("credit"));
    const { chars } = follower;
    expect(chars).toBeLessThan(CREDIT_CHARS_MAX + 2 * PAGE_BYTES);
    follower.grant(CREDIT_CHARS_MAX / 2 - PAGE_BYTES);
    // The object has read earlier messages once it answers.
    await client.get(id);
    await evictDurableObject(env.EXECUTION.getByName(id));
    expect(follower.chars).toBe(chars);
    follower.grant(3 * PAGE_BYTES);
    await eventually(() => expect(follower.chars).toBeGreaterThan(chars));
    follower.grant(CREDIT_CHARS_MAX);
    await eventually(() => expect(follower.events.filter((event) => event === "credit").length).toBe(3));
    follower.grant(CREDIT_CHARS_MAX);
    follower.grant(CREDIT_CHARS_MAX);
    await eventually(() => expect(follower.events).toContain("end"));
    expect(follower.seqs).toEqual(ALL);
  });
});
