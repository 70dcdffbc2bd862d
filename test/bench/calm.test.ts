import { describe, expect, it } from "vitest";
import { busyMs, Calm, othersShare, RETAKES_MAX } from "../../bench/calm.ts";

describe("the share of other programs", () => {
  const before = { at_ms: 0, busy_ms: 1_000, own_ms: 500, cores: 2 };
  it.each([
    ["nothing else worked", { at_ms: 1_000, busy_ms: 2_000, own_ms: 1_500, cores: 2 }, 0],
    ["another program used half of a core", { at_ms: 1_000, busy_ms: 2_500, own_ms: 1_500, cores: 2 }, 0.25],
    ["the clocks of processes ran ahead", { at_ms: 1_000, busy_ms: 2_000, own_ms: 1_600, cores: 2 }, 0],
  ])("when %s", (_, after, share) => {
    expect(othersShare(before, after)).toBe(share);
  });

  it("counts programs and stolen time, and neither waits nor interrupts", () => {
    expect(busyMs("cpu  10 1 5 1000 200 30 40 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).toBe(200);
  });
});

describe("a sample", () => {
  /** A machine that is busy during the first so many samples. */
  const busyFor = (samples: number) => {
    let taken = 0;
    return () => ({
      at_ms: taken * 1_000,
      busy_ms: taken++ < 2 * samples ? taken * 900 : 0,
      own_ms: 0,
      cores: 1,
    });
  };

  it("is taken again while others work, without a look at its value", async () => {
    let taken = 0;
    const sample = await new Calm(false, busyFor(2)).take(async () => {
      taken++;
      return {
        get value(): number {
          throw new Error("it was looked at");
        },
      };
    });
    expect({ taken, retakes: sample.retakes, is_clean: sample.is_clean }).toEqual({
      taken: 3,
      retakes: 2,
      is_clean: true,
    });
  });

  it("counts as contaminated after the last retake", async () => {
    const sample = await new Calm(false, busyFor(100)).take(async () => 1);
    expect(sample).toEqual({ value: 1, retakes: RETAKES_MAX, is_clean: false });
  });

  it("is taken once on a machine that is known to be noisy", async () => {
    const sample = await new Calm(true, busyFor(100)).take(async () => 1);
    expect(sample).toEqual({ value: 1, retakes: 0, is_clean: false });
  });
});
