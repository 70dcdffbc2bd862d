import { describe, expect, it } from "vitest";
import { inPortions, Pace } from "../../src/base/portions.ts";
import { eventually } from "./support/eventually.ts";

/** Lets everything run that waits for neither a timer nor a socket. */
async function settle(): Promise<void> {
  for (let at = 0; at < 100; at++) await undefined;
}

describe("work in portions", () => {
  it("is done in order, a portion at a time, and the engine serves others between portions", async () => {
    const begun: number[] = [];
    const done = inPortions([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      return item * 10;
    });
    await settle();
    expect(begun).toEqual([1, 2]);
    expect(await done).toEqual([10, 20, 30, 40, 50]);
    expect(begun).toEqual([1, 2, 3, 4, 5]);
  });

  it("rejects with the first failure, and begins no more work", async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 2) throw new Error("no");
    };
    await expect(inPortions([1, 2, 3], 2, work)).rejects.toThrow("no");
    expect(begun).toEqual([1, 2]);
  });
});

describe("a pace", () => {
  it("lets a bounded number pass at a time, in their order, and all in the end", async () => {
    const pace = new Pace(3);
    const passed: number[] = [];
    const pass = (nth: number) => void pace.turn().then(() => passed.push(nth));
    for (let nth = 0; nth < 10; nth++) pass(nth);
    await settle();
    expect(passed).toEqual([0, 1, 2]);
    await eventually(() => expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    // It has paused, and begins again.
    pass(10);
    await settle();
    await eventually(() => expect(passed).toHaveLength(11));
  });
});
