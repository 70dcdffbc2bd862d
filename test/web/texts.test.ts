import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grouped } from "../../web/base/grouped.ts";
import { durationText, momentText } from "../../web/base/time.ts";

describe("a number", () => {
  it("is grouped as in English", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(grouped(number)).toBe(number.toLocaleString("en"));
      }),
    );
  });
});

describe("a time", () => {
  it("is in the reader's time zone, to the second", () => {
    const date = new Date(2026, 10, 4, 9, 5, 7, 123);
    expect(momentText(date.toISOString().replace("Z", "456Z"))).toBe("2026-11-04 09:05:07");
  });

  it("stays unchanged if it is no time", () => {
    expect(momentText("some day")).toBe("some day");
  });

  it.each([
    [900, "0.9 s"],
    [59_999, "59 s"],
    [61_000, "1 min 1 s"],
    [3_660_000, "1 h 1 min"],
    [200_000_000, "2 days"],
  ])("of %i ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
