import { describe, expect, it } from "vitest";
import { shrink } from "./shrink.ts";

const HUNDRED = Array.from({ length: 100 }, (_, at) => at + 1);

describe("shrinking", () => {
  it("finds the faults that fail only together", async () => {
    const { fewest, reproduced } = await shrink(HUNDRED, 200, async (some) =>
      [13, 77].every((number) => some.includes(number)),
    );
    expect(reproduced).toBe(true);
    expect(fewest).toEqual([13, 77]);
  });

  it("reports that all of them did not fail a second time", async () => {
    let tries = 0;
    const { fewest, reproduced } = await shrink(HUNDRED, 200, async () => {
      tries++;
      return false;
    });
    expect({ reproduced, tries }).toEqual({ reproduced: false, tries: 1 });
    expect(fewest).toEqual(HUNDRED);
  });

  it("ends after a number of tries with the fewest known to fail", async () => {
    let tries = 0;
    const { fewest } = await shrink(HUNDRED, 6, async (some) => {
      tries++;
      return some.includes(50);
    });
    expect(tries).toBe(6);
    expect(fewest).toContain(50);
    expect(fewest.length).toBeLessThan(10);
  });
});
