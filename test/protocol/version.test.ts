import { describe, expect, it } from "vitest";
import { agree, PROTOCOL_RANGE, rangeText, readRange } from "../../protocol/wire/version.ts";

describe("two sides with ranges of versions", () => {
  it.each([
    ["the same", { min: 2, max: 2 }, { kind: "spoken", version: 2 }],
    ["a newer side that speaks the release before", { min: 2, max: 3 }, { kind: "spoken", version: 2 }],
    ["an older side", { min: 1, max: 1 }, { kind: "too_old" }],
    ["a newer side that has left this one behind", { min: 3, max: 4 }, { kind: "too_new" }],
  ])("%s", (_, theirs, agreement) => {
    expect(agree(theirs, { min: 2, max: 2 })).toEqual(agreement);
  });

  it("of a release that supports the one before agree on the newest version that both support", () => {
    expect(agree({ min: 2, max: 2 }, { min: 2, max: 3 })).toEqual({ kind: "spoken", version: 2 });
    expect(agree({ min: 3, max: 4 }, { min: 2, max: 3 })).toEqual({ kind: "spoken", version: 3 });
  });

  it.each([
    ["2", { min: 2, max: 2 }],
    ["2-3", { min: 2, max: 3 }],
    ["3-2", undefined],
    ["", undefined],
    ["two", undefined],
    ["1e3", undefined],
    ["99999999999999999999", undefined],
  ])("read %j", (text, range) => {
    expect(readRange(text)).toEqual(range);
  });

  it("write what they read", () => {
    expect(readRange(rangeText(PROTOCOL_RANGE))).toEqual(PROTOCOL_RANGE);
    expect(rangeText({ min: 2, max: 3 })).toBe("2-3");
  });
});
