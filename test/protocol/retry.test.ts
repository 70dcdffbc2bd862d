import { describe, expect, it } from "vitest";
import { type RetryOptions, retry } from "../../protocol/base/retry.ts";

/** Runs attempts, of which the first ones fail. Returns the outcome, the number of attempts and the waits, which take no time. */
async function run(failures: number, options: RetryOptions = {}) {
  let attempts = 0;
  const waits_ms: number[] = [];
  const attempt = async () => {
    attempts++;
    if (attempts <= failures) throw new Error(`failure ${attempts}`);
    return "done";
  };
  const wait = async (ms: number) => void waits_ms.push(ms);
  const outcome = await retry(attempt, { wait, ...options }).catch((error: Error) => error.message);
  return { outcome, attempts, waits_ms };
}

const onlyFirst = (error: unknown) => error instanceof Error && error.message === "failure 1";

describe("attempts", () => {
  it.each<[string, number, RetryOptions, { outcome: string; attempts: number; waits: number }]>([
    ["gives the first result without a wait", 0, {}, { outcome: "done", attempts: 1, waits: 0 }],
    ["tries until an attempt succeeds", 20, {}, { outcome: "done", attempts: 21, waits: 20 }],
    ["waits first where asked", 0, { waits_first: true }, { outcome: "done", attempts: 1, waits: 1 }],
    ["takes the last attempt's result", 2, { attempts_max: 3 }, { outcome: "done", attempts: 3, waits: 2 }],
    [
      "throws the last attempt's failure",
      3,
      { attempts_max: 3 },
      { outcome: "failure 3", attempts: 3, waits: 2 },
    ],
    [
      "bounds attempts that wait first",
      9,
      { attempts_max: 5, waits_first: true },
      { outcome: "failure 5", attempts: 5, waits: 5 },
    ],
    [
      "throws a failure that another attempt does not mend",
      9,
      { isWorth: onlyFirst },
      { outcome: "failure 2", attempts: 2, waits: 1 },
    ],
  ])("%s", async (_, failures, options, { outcome, attempts, waits }) => {
    const ran = await run(failures, options);
    expect({ ...ran, waits_ms: ran.waits_ms.length }).toEqual({ outcome, attempts, waits_ms: waits });
  });
});

describe("waits between attempts", () => {
  it.each([[false], [true]])("double from 100 ms to 10 s (waits first: %s)", async (waits_first) => {
    const { waits_ms } = await run(10, { waits_first });
    for (const [n, wait_ms] of waits_ms.entries()) {
      const ceiling_ms = Math.min(10_000, 100 * 2 ** n);
      expect(wait_ms).toBeGreaterThanOrEqual(ceiling_ms / 2);
      expect(wait_ms).toBeLessThanOrEqual(ceiling_ms);
    }
  });

  it("are reported with the failure before them", async () => {
    const told: [unknown, number][] = [];
    const { waits_ms } = await run(2, { onWait: (error, wait_ms) => told.push([error, wait_ms]) });
    expect(told).toEqual([
      [new Error("failure 1"), waits_ms[0]],
      [new Error("failure 2"), waits_ms[1]],
    ]);
  });
});

describe("an abort", () => {
  it("before the first attempt prevents it", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    expect(await run(0, { signal })).toEqual({ outcome: "stopped", attempts: 0, waits_ms: [] });
  });

  it("during a failing attempt throws the failure, without a wait", async () => {
    const stopping = new AbortController();
    const told: unknown[] = [];
    const attempt = async () => {
      stopping.abort(new Error("stopped"));
      throw new Error("failed");
    };
    const tried = retry(attempt, { signal: stopping.signal, onWait: (error) => told.push(error) });
    await expect(tried).rejects.toThrow("failed");
    expect(told).toEqual([]);
  });

  it("during a successful attempt keeps its result", async () => {
    const stopping = new AbortController();
    const attempt = async () => stopping.abort();
    await expect(retry(attempt, { signal: stopping.signal })).resolves.toBeUndefined();
  });

  it("ends a wait at once", async () => {
    const stopping = new AbortController();
    let attempts = 0;
    const attempt = async () => {
      attempts++;
      throw new Error("failed");
    };
    const onWait = () => queueMicrotask(() => stopping.abort(new Error("stopped")));
    await expect(retry(attempt, { signal: stopping.signal, onWait })).rejects.toThrow("stopped");
    expect(attempts).toBe(1);
  });
});
