import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { encodeChunk, seqAt } from "../../protocol/wire/line.ts";
import type { EndEvent } from "../../protocol/wire/record.ts";
import type { FollowedLog } from "../../src/execution/log/followed-log.ts";
import { Followers } from "../../src/execution/log/followers.ts";
import type { Page } from "../../src/objects/log.ts";
import { Pushes } from "../../src/reading/pushes.ts";
import { Receiver } from "../../src/reading/receiver.ts";
import { encodeMissed } from "../../src/sockets/shared.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ISOLATES = 2;
/** Characters: a follower that reads nothing is behind after a few lines. */
const CREDIT_MAX = 400;
const END: EndEvent = {
  event: "end",
  status: "succeeded",
  exit_code: 0,
  last_seq: 0,
  bytes: { stdout: 0, stderr: 0, other: 0 },
  gaps: 0,
  timestamp: "2026-11-24T12:00:00.000000Z",
};

/** A log of short lines in memory. */
class MemoryLog implements FollowedLog {
  lines: string[] = [];

  get last_seq(): number {
    return this.lines.length;
  }

  append(count: number): string {
    const first = this.last_seq + 1;
    const added = Array.from({ length: count }, (_, at) => lineOf(first + at, "new"));
    this.lines.push(...added);
    return added.join("");
  }

  redact(): void {
    this.lines = this.lines.map((_, at) => lineOf(at + 1, "***"));
  }

  pageAfter(seq: number, chars_wanted: number): Page | undefined {
    if (seq >= this.last_seq) return undefined;
    let [lines, at] = ["", seq];
    while (at < this.last_seq && lines.length < chars_wanted) lines += this.lines[at++];
    return { lines, last_seq: at };
  }
}

function lineOf(seq: number, data: string): string {
  return encodeChunk({ seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data });
}

/** The two ends of a follower's socket, each with the messages that have not arrived at it. */
class Link {
  readonly down: string[] = [];
  readonly up: string[] = [];
  readyState: number = WebSocket.OPEN;
  #attachment: unknown;

  send(message: string): void {
    this.down.push(message);
  }

  close(): void {
    if (this.readyState === WebSocket.OPEN) this.down.push("closed");
    this.readyState = WebSocket.CLOSED;
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = structuredClone(value);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }
}

/** A reader in an isolate, by the same receiver that the Worker has. */
class Reader {
  readonly link = new Link();
  readonly isolate: number;
  readonly after: number;
  readonly output: string[] = [];
  readonly #receiver: Receiver;
  ended = 0;
  looks = 0;
  missed = 0;
  is_alive = true;
  #consumed = 0;

  constructor(isolate: number, after: number, pushes: Pushes) {
    this.isolate = isolate;
    this.after = after;
    this.#receiver = new Receiver(pushes, {
      output: (lines) => {
        expect(this.ended, "output behind the end").toBe(0);
        this.output.push(lines);
        this.#consumed += lines.length;
      },
      control: ({ event }) => {
        if (event !== "end") return;
        this.ended++;
        this.link.up.push("closed");
      },
      dropped: (chars) => {
        this.#consumed += chars;
      },
      missed: (after_seq) => {
        this.missed++;
        this.link.up.push(encodeMissed(after_seq));
      },
      lookAfter: () => {
        this.looks++;
      },
    });
  }

  /** Takes a message from its socket, if one has arrived. */
  take(): boolean {
    const message = this.link.down.shift();
    if (message === undefined) return false;
    if (this.is_alive && this.ended === 0 && message !== "closed") this.#receiver.receive(message);
    return true;
  }

  look(): boolean {
    if (this.looks === 0) return false;
    this.looks--;
    if (this.is_alive) this.#receiver.look();
    return true;
  }

  grant(): boolean {
    if (this.#consumed === 0 || !this.is_alive) return false;
    this.link.up.push(`{"credit":${this.#consumed}}`);
    this.#consumed = 0;
    return true;
  }

  get seqs(): number[] {
    return this.output
      .join("")
      .split("\n")
      .slice(0, -1)
      .map((line) => seqAt(line, 0));
  }
}

/** An object with a log, and readers in some isolates. */
class World {
  readonly log = new MemoryLog();
  readonly readers: Reader[] = [];
  readonly isolates = Array.from({ length: ISOLATES }, () => new Pushes());
  #end: EndEvent | undefined;
  #followers = this.#wake();

  #wake(): Followers {
    const sockets = this.readers.map(({ link }) => link).filter(({ readyState }) => readyState === 1);
    const ctx = {
      id: "an execution's",
      getWebSockets: () => sockets,
      acceptWebSocket: () => undefined,
      getTags: () => [],
      waitUntil: () => undefined,
    };
    // These methods of the platform are all that followers without pings need.
    return new Followers(ctx as unknown as ConstructorParameters<typeof Followers>[0], this.log, this.#end);
  }

  join(isolate: number, after = 0): Reader {
    const pushes = this.isolates[isolate] ?? new Pushes();
    const reader = new Reader(isolate, after, pushes);
    this.readers.push(reader);
    const options = { after, follow: true, credit_max: CREDIT_MAX, isolate: `isolate-${isolate}` };
    this.#followers.add(reader.link as unknown as WebSocket, options, undefined);
    return reader;
  }

  append(count: number): void {
    if (!this.#end) this.#followers.push(this.log.append(count));
  }

  async settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(1_000);
  }

  /** The object takes a reader's message, if one has arrived. */
  hear({ link }: Reader): boolean {
    const message = link.up.shift();
    if (message === undefined) return false;
    const socket = link as unknown as WebSocket;
    if (message === "closed") {
      this.#followers.remove(socket);
      link.close();
    } else if (link.readyState === 1) this.#followers.receive(socket, message);
    return true;
  }

  async sleep(): Promise<void> {
    await this.settle();
    this.#followers = this.#wake();
  }

  end(): void {
    if (this.#end) return;
    this.#end = { ...END, last_seq: this.log.last_seq };
    this.#followers.end(this.#end);
  }

  /** Everything arrives, and everybody consumes. */
  async drain(): Promise<void> {
    for (let is_moving = true; is_moving; ) {
      await this.settle();
      is_moving = false;
      for (const reader of this.readers)
        for (const moved of [reader.take(), reader.look(), reader.grant(), this.hear(reader)])
          is_moving ||= moved;
    }
  }
}

function expectWhole(world: World): void {
  for (const { is_alive, after, seqs, ended } of world.readers) {
    if (!is_alive) continue;
    const all = Array.from({ length: world.log.last_seq - after }, (_, at) => after + 1 + at);
    expect(seqs).toEqual(all);
    expect(ended).toBe(1);
  }
}

const index = fc.nat({ max: 7 });
const isolate = fc.nat({ max: ISOLATES - 1 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("append"), n: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("take"), n: index }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("hear"), n: index }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("grant"), n: index }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("look"), n: index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle"), n: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join"), n: isolate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget"), n: isolate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("vanish"), n: isolate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave"), n: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep"), n: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("redact"), n: index }) },
);

async function run(world: World, { kind, n }: { kind: string; n: number }): Promise<void> {
  const reader = world.readers[n % world.readers.length];
  if (kind === "append") world.append(n);
  else if (kind === "settle") await world.settle();
  else if (kind === "sleep") await world.sleep();
  else if (kind === "redact") world.log.redact();
  else if (kind === "join") world.join(n, Math.floor(world.log.last_seq / 2));
  else if (kind === "forget") world.isolates[n]?.sweep(Number.MAX_SAFE_INTEGER);
  else if (kind === "vanish") {
    for (const gone of world.readers) if (gone.isolate === n) gone.is_alive = false;
    world.isolates[n] = new Pushes();
  } else if (kind === "leave" && reader) {
    reader.is_alive = false;
    reader.link.up.push("closed");
  } else if (reader) {
    if (kind === "take") reader.take();
    if (kind === "hear") world.hear(reader);
    if (kind === "grant") reader.grant();
    if (kind === "look") reader.look();
  }
}

describe("followers that share pushes", () => {
  it("get each line once and in order, whatever is late, lost or forgotten", async () => {
    let missed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const world = new World();
        for (let nth = 0; nth < 4; nth++) world.join(nth % ISOLATES);
        for (const one of steps) await run(world, one);
        world.end();
        await world.drain();
        expectWhole(world);
        for (const reader of world.readers) missed += reader.missed;
      }),
      { numRuns: 300 },
    );
    expect(missed).toBeGreaterThan(0);
  });
});
