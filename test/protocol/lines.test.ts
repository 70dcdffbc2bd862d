import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import { shownLine } from "../../protocol/screen/shown-line.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { LineReader, lineCount } from "../../protocol/wire/lines.ts";

const NONE = { stdout: 0, stderr: 0, other: 0 };

function chunk(seq: number, data: string, more: Partial<Chunk> = {}): Chunk {
  return { seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data, ...more };
}

describe("lines of chunks", () => {
  it("are the same for any cut of the chunks", () => {
    const cuts = fc.array(fc.constantFrom("a", "b\n", "\n", "long word "), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(cuts, (pieces) => {
        const reader = new LineReader(NONE);
        const lines = pieces.flatMap((data, at) => reader.read(chunk(at + 1, data)).map(({ text }) => text));
        const open = reader.open().map(({ text }) => text);
        const expected = pieces.join("").split("\n");
        expect([...lines, ...open]).toEqual(expected.at(-1) === "" ? expected.slice(0, -1) : expected);
      }),
    );
  });

  it("are joined by stream and host, and numbered in the order of their ends", () => {
    const reader = new LineReader(NONE);
    const lines = [
      chunk(1, "out be"),
      chunk(2, "err\n", { output_type: "stderr" }),
      chunk(3, "web1 says ", { host: "web1" }),
      chunk(4, "web2\n", { host: "web2" }),
      chunk(5, "gins\nhalf"),
      chunk(6, "hello\n", { host: "web1" }),
    ].flatMap((one) => reader.read(one));
    expect(lines.map(({ number, seq, text }) => [number, seq, text])).toEqual([
      [1, 2, "err"],
      [2, 4, "web2"],
      [3, 1, "out begins"],
      [4, 3, "web1 says hello"],
    ]);
    expect(reader.open()).toMatchObject([{ number: 5, text: "half" }]);
  });

  it("have places among the lines of the selected streams", () => {
    const reader = new LineReader({ stdout: 10, stderr: 2, other: 0 }, ["stderr"]);
    const lines = [chunk(21, "out\n"), chunk(22, "err\n", { output_type: "stderr" })].flatMap((one) =>
      reader.read(one),
    );
    expect(lines).toMatchObject([{ number: 14, place: 3, text: "err" }]);
  });

  it("are marked if their beginning may be missing", () => {
    const reader = new LineReader({ ...NONE, stdout: 4 });
    expect(reader.read(chunk(9, "est\nwhole\n")).map(({ headless }) => headless)).toEqual([true, false]);
    expect(new LineReader(NONE).read(chunk(1, "first\n"))).toMatchObject([{ headless: false }]);
  });

  it("are bounded, and keep the text after the last carriage return", () => {
    const reader = new LineReader(NONE);
    for (let seq = 1; seq <= 40; seq++) reader.read(chunk(seq, "x".repeat(1_000)));
    const [long] = reader.read(chunk(41, "\n"));
    expect(long).toMatchObject({ omitted: 40_000 - LINE_CHARS_MAX });
    for (let seq = 42; seq <= 5_042; seq++) reader.read(chunk(seq, `\r${seq} of many`));
    expect(shownLine(reader.read(chunk(5_043, "\n"))[0]?.text ?? "")).toBe("5042 of many");
  });

  it("end as their last state, however often they are drawn again, and keep their colours", () => {
    const reader = new LineReader(NONE);
    const steps = Array.from({ length: 900 }, (_, at) => `\x1b[1G\x1b[2K\x1b[32mstep ${at + 1} of 900`).join(
      "",
    );
    for (let at = 0; at < steps.length; at += 777) reader.read(chunk(1, steps.slice(at, at + 777)));
    const [line] = reader.read(chunk(2, "\x1b[0m, done\n"));
    expect(line).toMatchObject({ omitted: 0 });
    expect(shownLine(line?.text ?? "")).toBe("step 900 of 900, done");
    expect(line?.text).toContain("\x1b[0;38;5;2mstep");
  });

  it("keep the rows that a program scrolls away while it draws", () => {
    const reader = new LineReader(NONE);
    reader.read(chunk(1, "kept\v"));
    for (let seq = 2; seq <= 5_000; seq++) reader.read(chunk(seq, `\r${seq} of many`));
    expect(shownLine(reader.read(chunk(5_001, "\n"))[0]?.text ?? "")).toBe("kept 5000 of many");
  });

  it("are counted, with a gap as one line", () => {
    expect(lineCount(chunk(1, "a\n\nb"))).toBe(2);
    expect(lineCount(chunk(1, btoa("a\n\xff\n"), { encoding: "base64" }))).toBe(2);
    expect(lineCount(chunk(1, "", { gap: { reason: "agent_lost", bytes: null } }))).toBe(1);
  });
});
