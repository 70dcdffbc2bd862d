import { describe, expect, it } from "vitest";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { lineTime, type TimeMode, zoneText } from "../../web/log/line-time.ts";

const FIRST = "2026-11-24T23:59:59.700000Z";
const SECOND = "2026-11-25T00:00:00.050000Z";
const lines = [FIRST, SECOND, SECOND].map(
  (timestamp, at): ShownLine => ({
    number: at + 1,
    place: at + 1,
    seq: at + 1,
    timestamp,
    output_type: "stdout",
    text: "",
    omitted: 0,
    headless: false,
  }),
);

describe("the time of a line", () => {
  it.each<[TimeMode, string[]]>([
    ["elapsed", ["0.700 s", "1.050 s", "1.050 s"]],
    ["utc", ["2026-11-24 23:59:59.700", "2026-11-25 00:00:00.050", "00:00:00.050"]],
    ["between", ["", "+0.350 s", "+0.000 s"]],
  ])("%s", (mode, expected) => {
    const start_ms = Date.parse("2026-11-24T23:59:59Z");
    const texts = lines.map((line, at) => lineTime(line, mode, { start_ms, before: lines[at - 1] }).text);
    expect(texts).toEqual(expected);
  });

  it("is the wall clock of the browser's zone, with the whole moment in its title", () => {
    const [line] = lines;
    if (!line) throw new Error("a line");
    const { text, title } = lineTime(line, "wall", { start_ms: 0, before: undefined });
    const local = new Date(FIRST);
    expect(text).toBe(`${local.toLocaleDateString("sv-SE")} ${local.toLocaleTimeString("sv-SE")}.700`);
    expect(title).toBe(`${text} ${zoneText(local.getTime())}, 2026-11-24 23:59:59.700 UTC`);
  });

  it("is empty for a line without a time", () => {
    const [line] = lines;
    if (!line) throw new Error("a line");
    const without = { ...line, timestamp: "" };
    expect(lineTime(without, "wall", { start_ms: 0, before: line })).toEqual({ text: "", title: "" });
  });
});
