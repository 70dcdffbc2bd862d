import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PAGE_BYTES, RELAY_WINDOW_CHARS } from "../../protocol/base/reader-limits.ts";
import { encodeChunk, seqAt } from "../../protocol/wire/line.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import type { FollowedLog } from "../../src/execution/log/followed-log.ts";
import { RelayFeed } from "../../src/execution/log/relay-feed.ts";
import { SharedPage } from "../../src/execution/log/shared-page.ts";
import type { Page } from "../../src/objects/log.ts";
import type { Fed, Feed, RelayStub } from "../../src/objects/relay.ts";
import { Window } from "../../src/relay/window.ts";

const TIMESTAMP = "2026-11-24T12:00:00.000000Z";
const lineOf = (seq: number, data = `line ${seq}\n`) =>
  encodeChunk({ seq, timestamp: TIMESTAMP, output_type: "stdout", data });
const seqsOf = (lines: string) => splitLines(lines).map((line) => seqAt(line, 0));
const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);

/** A log in memory. */
class Lines implements FollowedLog {
  readonly #lines: string[] = [];

  get last_seq(): number {
    return this.#lines.length;
  }

  append(count: number, data?: string): string {
    const from = this.#lines.length;
    for (let at = 1; at <= count; at++) this.#lines.push(lineOf(from + at, data));
    return this.#lines.slice(from).join("");
  }

  pageAfter(seq: number, chars_wanted: number): Page | undefined {
    if (seq >= this.last_seq) return undefined;
    let last_seq = seq;
    let lines = "";
    while (last_seq < this.last_seq && lines.length < chars_wanted) lines += this.#lines[last_seq++];
    return { lines, last_seq };
  }
}

const windowAt = (last_seq: number | undefined, log: Lines) => {
  const older = { after: async (seq: number) => log.pageAfter(seq, PAGE_BYTES), forget: () => undefined };
  return new Window(last_seq, older as ConstructorParameters<typeof Window>[1]);
};

describe("a relay's window", () => {
  it("takes each line once, whatever parts come again", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 30 }), (parts) => {
        const log = new Lines();
        log.append(30);
        const window = windowAt(0, log);
        const got: number[] = [];
        for (const [one, other] of parts) {
          const [after, last_seq] = [Math.min(one, other), Math.max(one, other)];
          const lines = range(after + 1, last_seq).map((seq) => lineOf(seq));
          got.push(...seqsOf(window.add({ after, lines: lines.join(""), last_seq })));
          expect(got).toEqual(range(1, window.last_seq));
        }
      }),
    );
  });

  it("has a page after any of its lines, and gets earlier ones from the log", async () => {
    const log = new Lines();
    const window = windowAt(0, log);
    const data = "x".repeat(60_000);
    for (let after = 0; window.last_seq * data.length < 2 * RELAY_WINDOW_CHARS; after += 2)
      window.add({ after, lines: log.append(2, data), last_seq: after + 2 });
    let held = 0;
    for (let seq = 0; seq < window.last_seq; seq++) {
      const page = window.pageAfter(seq, PAGE_BYTES);
      if (!(page instanceof Promise)) held++;
      const { lines, last_seq } = (await page) ?? { lines: "", last_seq: 0 };
      expect(seqsOf(lines)).toEqual(range(seq + 1, last_seq));
      expect(last_seq).toBeGreaterThan(seq);
    }
    expect(window.pageAfter(window.last_seq, PAGE_BYTES)).toBeUndefined();
    expect(held * data.length).toBeLessThanOrEqual(RELAY_WINDOW_CHARS);
    expect((held + 4) * data.length).toBeGreaterThan(RELAY_WINDOW_CHARS);
  });

  it("forgets its lines and keeps its place", () => {
    const log = new Lines();
    const window = windowAt(0, log);
    window.add({ after: 0, lines: log.append(5), last_seq: 5 });
    window.forget();
    expect(window.last_seq).toBe(5);
    expect(window.pageAfter(3, PAGE_BYTES)).toBeInstanceOf(Promise);
    expect(seqsOf(window.add({ after: 4, lines: lineOf(5) + lineOf(6), last_seq: 6 }))).toEqual([6]);
  });
});

describe("a page that relays share", () => {
  it("is read once for each place, and again once the log has grown or its lines have changed", async () => {
    const log = new Lines();
    log.append(2);
    const reads: number[] = [];
    const shared = new SharedPage({
      get last_seq() {
        return log.last_seq;
      },
      pageAfter: (seq, chars) => {
        reads.push(seq);
        return log.pageAfter(seq, chars);
      },
    });
    const seqsAfter = async (seq: number) => seqsOf((await shared.pageAfter(seq, PAGE_BYTES))?.lines ?? "");
    expect(await seqsAfter(0)).toEqual([1, 2]);
    expect(await seqsAfter(0)).toEqual([1, 2]);
    expect(reads).toEqual([0]);
    log.append(1);
    expect(await seqsAfter(0)).toEqual([1, 2, 3]);
    expect(await seqsAfter(2)).toEqual([3]);
    expect(await seqsAfter(3)).toEqual([]);
    expect(reads).toEqual([0, 0, 2, 3]);
    expect(await seqsAfter(2)).toEqual([3]);
    expect(reads).toEqual([0, 0, 2, 3]);
    shared.forget();
    expect(await seqsAfter(2)).toEqual([3]);
    expect(reads).toEqual([0, 0, 2, 3, 2]);
  });

  it("is asked for again after a failure", async () => {
    let fails = true;
    const shared = new SharedPage({
      last_seq: 1,
      pageAfter: async () => {
        if (fails) throw new Error("lost");
        return { lines: lineOf(1), last_seq: 1 };
      },
    });
    await expect(shared.pageAfter(0, PAGE_BYTES)).rejects.toThrow("lost");
    fails = false;
    expect(await shared.pageAfter(0, PAGE_BYTES)).toEqual({ lines: lineOf(1), last_seq: 1 });
  });
});

/** Resolves once work is done whose waits take no time. */
async function waitless<T>(work: Promise<T>): Promise<T> {
  await vi.runAllTimersAsync();
  return work;
}

/** What happens to a call: it is lost, or its answer is, or the relay forgets where it is before it. */
type Fate = "done" | "call lost" | "answer lost" | "relay forgets";

describe("the feed of a relay", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("brings each line and each record once and in order, whatever is lost", async () => {
    const fate = fc.constantFrom<Fate>("done", "done", "call lost", "answer lost", "relay forgets");
    const steps = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fate, { maxLength: 8 }), async (appends, fates) => {
        const log = new Lines();
        let window = windowAt(0, log);
        const got: number[] = [];
        const records: string[] = [];
        const stub = {
          feed: async (feed: Feed): Promise<Fed> => {
            const fate = fates.shift() ?? "done";
            if (fate === "call lost") throw new Error("lost");
            // It hibernates only once it has noted its place, so this is what it remembers at least.
            if (fate === "relay forgets") window = windowAt(window.known_seq, log);
            got.push(...seqsOf(window.add(feed)));
            for (const { at, event } of feed.events)
              if (at <= window.last_seq && event.event === "status" && !records.includes(event.timestamp))
                records.push(event.timestamp);
            if (fate === "answer lost") throw new Error("lost");
            return { kind: "fed", last_seq: window.last_seq, followers: 1 };
          },
        };
        const feed = new RelayFeed(log, () => stub as unknown as RelayStub, { cursor: 0, followers: 0 });
        const sent: string[] = [];
        for (const [count, announces] of appends) {
          log.append(count);
          if (announces) {
            sent.push(String(sent.length));
            feed.announce({ event: "status", status: "running", timestamp: String(sent.length - 1) });
          }
          await waitless(feed.run().catch(() => undefined));
        }
        // The relay asks by itself after failures.
        fates.length = 0;
        expect(await feed.run()).toBe(true);
        expect(got).toEqual(range(1, log.last_seq));
        expect(records).toEqual(sent);
      }),
    );
  });

  it("continues with a relay whose first follower has come while it answered that it has none", async () => {
    const log = new Lines();
    const window = windowAt(0, log);
    const calls: Feed[] = [];
    const stub = {
      feed: async (call: Feed): Promise<Fed> => {
        calls.push(call);
        if (calls.length > 1) {
          window.add(call);
          return { kind: "fed", last_seq: window.last_seq, followers: 1 };
        }
        feed.attach(undefined);
        return { kind: "gone" };
      },
    };
    const feed = new RelayFeed(log, () => stub as unknown as RelayStub, { cursor: 0, followers: 0 });
    log.append(2);
    expect(await feed.run()).toBe(true);
    expect(window.last_seq).toBe(2);
  });

  it("brings no lines that were read before the call to forget, behind that call", async () => {
    const calls: { lines: string; forget: boolean }[] = [];
    const stub = {
      feed: async ({ lines, last_seq, forget }: Feed): Promise<Fed> => {
        calls.push({ lines, forget });
        return { kind: "fed", last_seq, followers: 1 };
      },
    };
    const read = Promise.withResolvers<Page>();
    const log: FollowedLog = { last_seq: 1, pageAfter: (seq) => (seq === 0 ? read.promise : undefined) };
    const feed = new RelayFeed(log, () => stub as unknown as RelayStub, { cursor: 0, followers: 1 });
    const running = feed.run();
    feed.forget();
    read.resolve({ lines: lineOf(1), last_seq: 1 });
    await Promise.all([running, feed.run()]);
    expect(calls).toEqual([
      { lines: lineOf(1), forget: false },
      { lines: "", forget: true },
    ]);
  });

  it("ends with a relay that has no followers", async () => {
    const log = new Lines();
    const stub = { feed: async (): Promise<Fed> => ({ kind: "gone" }) };
    const feed = new RelayFeed(log, () => stub as unknown as RelayStub, { cursor: 0, followers: 0 });
    expect(await feed.run()).toBe(true);
    log.append(1);
    expect(await feed.run()).toBe(false);
  });
});
