import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BATCH_BYTES_MAX } from "../../protocol/base/limits.ts";
import { GATHER_MS_MAX, GATHER_SHARE } from "../../protocol/base/reader-limits.ts";
import { Gather } from "../../src/execution/log/gather.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gathering whose pushes take a time, and the state of what keeps the object awake. */
function gathering(push_ms: number) {
  const pushes: string[] = [];
  const awake = { count: 0 };
  const gather = new Gather(
    (work) => {
      awake.count++;
      void work.then(() => awake.count--);
    },
    (lines) => {
      pushes.push(lines);
      vi.setSystemTime(Date.now() + push_ms);
      vi.advanceTimersByTime(push_ms);
    },
  );
  return { gather, pushes, awake };
}

describe("lines that are stored", () => {
  it("are pushed at once, if no push is being written", () => {
    const { gather, pushes } = gathering(0);
    gather.add("a");
    expect(pushes).toEqual(["a"]);
  });

  it("wait only until the engine has written a push that took no time", async () => {
    const { gather, pushes } = gathering(0);
    gather.add("a");
    gather.add("b");
    gather.add("c");
    expect(pushes).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(pushes).toEqual(["a", "bc"]);
    await vi.advanceTimersByTimeAsync(0);
    gather.add("d");
    expect(pushes).toEqual(["a", "bc", "d"]);
  });

  it("wait for a share of the time that a push took", async () => {
    const { gather, pushes } = gathering(40);
    gather.add("a");
    gather.add("b");
    await vi.advanceTimersByTimeAsync(40 * GATHER_SHARE - 1);
    expect(pushes).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(pushes).toEqual(["a", "b"]);
  });

  it("wait for a bounded time, however long the push took", async () => {
    const { gather, pushes } = gathering(10_000);
    gather.add("a");
    gather.add("b");
    await vi.advanceTimersByTimeAsync(GATHER_MS_MAX);
    expect(pushes).toEqual(["a", "b"]);
  });

  it("do not wait if they are as many as a batch may have", () => {
    const { gather, pushes } = gathering(0);
    gather.add("a");
    gather.add("b".repeat(BATCH_BYTES_MAX - 1));
    expect(pushes).toHaveLength(1);
    gather.add("c");
    expect(pushes.join("")).toHaveLength(BATCH_BYTES_MAX + 1);
  });

  it("keep the object awake until they are pushed, and not longer", async () => {
    const { gather, pushes, awake } = gathering(0);
    gather.add("a");
    gather.add("b");
    expect(awake.count).toBe(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(pushes).toEqual(["a", "b"]);
    expect(awake.count).toBe(0);
  });
});
