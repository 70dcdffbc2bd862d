import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corrected } from "../../agent/base/clock.ts";
import { CLOCK_SKEW_MS_MAX, offsetOf, skewText } from "../../protocol/wire/clock.ts";

const way = fc.integer({ min: 0, max: 30_000 });
const clock = fc.integer({ min: -1e9, max: 1e9 });

/** A look at a clock that is `ahead_ms` ahead. The request takes `there_ms`, the answer `back_ms`. */
function look(ahead_ms: number, there_ms: number, back_ms: number) {
  const asked_ms = 1_800_000_000_000;
  return { asked_ms, told_ms: asked_ms + there_ms + ahead_ms, answered_ms: asked_ms + there_ms + back_ms };
}

describe("a look at another clock", () => {
  it("is wrong by at most the error that it states, for any delay of the request and the answer", () => {
    fc.assert(
      fc.property(clock, way, way, (ahead_ms, there_ms, back_ms) => {
        const { offset_ms, error_ms } = offsetOf(look(ahead_ms, there_ms, back_ms));
        expect(Math.abs(offset_ms - ahead_ms)).toBeLessThanOrEqual(error_ms);
      }),
    );
  });

  it("leaves a correct clock as it is, and corrects one that is wrong by more than the tolerated second", () => {
    fc.assert(
      fc.property(clock, way, way, (ahead_ms, there_ms, back_ms) => {
        const found = offsetOf(look(ahead_ms, there_ms, back_ms));
        const wrong_ms = Math.abs(corrected(0, found) - ahead_ms);
        if (ahead_ms === 0) expect(wrong_ms).toBe(0);
        expect(wrong_ms).toBeLessThanOrEqual(CLOCK_SKEW_MS_MAX + 2 * found.error_ms);
      }),
    );
  });

  it("has a text that says how far the clock is off", () => {
    expect([0, 1000, -1000].map(skewText)).toEqual(["right", "right", "right"]);
    expect(skewText(7_200_000)).toBe("7,200.0 s ahead");
    expect(skewText(-1_240)).toBe("1.2 s behind");
    expect(skewText(86_400_000 * 365)).toBe("31,536,000.0 s ahead");
  });
});
