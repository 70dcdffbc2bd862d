import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterAppend, fullBucket, waitOf } from "../../agent/run/bucket.ts";
import { Gathering } from "../../agent/run/gathering.ts";

const BUDGET = { per_second: 4, burst: 3, chunks_per_append: 10 };
const SECOND_MS = 1_000;

describe("the bucket of appends", () => {
  it.each([
    ["a full bucket", 3, 0, 1, 0],
    ["one append left", 1, 0, 1, 0],
    ["an empty bucket and one chunk", 0, 0, 1, 225],
    ["an empty bucket and half of the chunks that earn an append", 0, 0, 5, 125],
    ["an empty bucket and all chunks that earn one", 0, 0, 10, 0],
    ["an empty bucket, later", 0, 225, 1, 0],
    ["a clock that was set back", 0, -5_000, 1, 225],
  ])("makes %s wait", (_, appends, now_ms, chunks, wait_ms) => {
    expect(waitOf({ appends, counted_ms: 0 }, BUDGET, { chunks, now_ms })).toBe(wait_ms);
  });

  it.each([
    ["takes one append", 3, 0, 0, 2],
    ["gives back what the chunks have earned", 2, 0, 5, 1.5],
    ["fills with time", 0, 500, 0, 1],
    ["holds no more than the burst", 2, 60_000, 100, 3],
    ["leaves no debt", 0, 0, 1, 0],
  ])("%s", (_, appends, now_ms, chunks, left) => {
    const bucket = afterAppend({ appends, counted_ms: 0 }, BUDGET, { chunks, now_ms });
    expect(bucket).toEqual({ appends: left, counted_ms: now_ms });
  });

  const budgets = fc.record({
    per_second: fc.double({ min: 0.5, max: 50, noNaN: true }),
    burst: fc.integer({ min: 1, max: 10 }),
    chunks_per_append: fc.integer({ min: 1, max: 100 }),
  });
  const arrivals_ms = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 100 });

  it("sends no more than the budget, each chunk in time, and the first ones after quiet at once", () => {
    fc.assert(
      fc.property(budgets, arrivals_ms, (budget, gaps_ms) => {
        const { appends, waits_ms, took_ms } = simulate(budget, gaps_ms);
        const earned = (took_ms / SECOND_MS) * budget.per_second + gaps_ms.length / budget.chunks_per_append;
        expect(appends).toBeLessThanOrEqual(budget.burst + earned + 1e-6);
        for (const wait_ms of waits_ms) expect(wait_ms).toBeLessThanOrEqual(SECOND_MS / budget.per_second);
        for (const wait_ms of waits_ms.slice(0, budget.burst)) expect(wait_ms).toBe(0);
      }),
    );
  });
});

/** Chunks that arrive one after another, each sent as soon as the bucket allows. */
function simulate(budget: typeof BUDGET, gaps_ms: number[]) {
  let bucket = fullBucket(budget, 0);
  let now_ms = 0;
  let appends = 0;
  let waiting_ms: number[] = [];
  const waits_ms: number[] = [];
  const sendUntil = (until_ms: number) => {
    while (waiting_ms.length > 0) {
      const due_ms = now_ms + waitOf(bucket, budget, { chunks: waiting_ms.length, now_ms });
      if (due_ms > until_ms) return;
      now_ms = due_ms;
      bucket = afterAppend(bucket, budget, { chunks: waiting_ms.length, now_ms });
      waits_ms.push(...waiting_ms.map((arrived_ms) => now_ms - arrived_ms));
      waiting_ms = [];
      appends++;
    }
  };
  let arrived_ms = 0;
  for (const gap_ms of gaps_ms) {
    arrived_ms += gap_ms;
    sendUntil(arrived_ms);
    now_ms = arrived_ms;
    waiting_ms.push(now_ms);
    sendUntil(now_ms);
  }
  sendUntil(Number.POSITIVE_INFINITY);
  return { appends, waits_ms, took_ms: now_ms };
}

describe("gathering", () => {
  it("goes by the time between two batches if the server gives no budget", () => {
    const gathering = new Gathering();
    gathering.learn({ flush_ms: 200 });
    expect(gathering.wait_ms(1, 0)).toBe(0);
    gathering.sent(1, 0);
    expect(gathering.wait_ms(1, 50)).toBe(150);
    gathering.setFlush(0);
    expect(gathering.wait_ms(1, 50)).toBe(0);
  });

  it("keeps to the budget, and to the time between two batches", () => {
    const gathering = new Gathering();
    gathering.learn({ flush_ms: 0, budget: BUDGET });
    for (const _ of Array(3)) {
      expect(gathering.wait_ms(1, 0)).toBe(0);
      gathering.sent(0, 0);
    }
    expect(gathering.wait_ms(1, 0)).toBe(225);
    gathering.learn({ flush_ms: 400, budget: BUDGET });
    expect(gathering.wait_ms(1, 0)).toBe(400);
    gathering.learn({ flush_ms: 0 });
    expect(gathering.wait_ms(1, 0)).toBe(0);
  });
});
