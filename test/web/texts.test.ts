import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grouped } from "../../web/base/grouped.ts";
import { sizeText } from "../../web/base/size.ts";
import { agoText, durationText, momentText } from "../../web/base/time.ts";

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

describe("a distance to now", () => {
  it.each([
    [-500, "just now"],
    [59_999, "just now"],
    [60_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [47 * 3_600_000, "47 h ago"],
    [48 * 3_600_000, "2 days ago"],
  ])("of %i ms is %s", (ms, text) => {
    expect(agoText(ms)).toBe(text);
  });
});

describe("a size", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1_000, "1.0 kB"],
    [9_949, "9.9 kB"],
    [9_950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [18_204_311, "18 MB"],
    [5_000_000_000_000, "5.0 TB"],
    [5_000_000_000_000_000, "5000 TB"],
  ])("of %i bytes is %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});
