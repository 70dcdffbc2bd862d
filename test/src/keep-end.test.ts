import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunk, OUTPUT_TYPES } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { keepEnd } from "../../src/reading/pages/keep-end.ts";
import { linesOf } from "./support/lines.ts";

const TIMESTAMP = "2026-11-24T12:00:00.000000Z";

function batchFrom(seq: number, chunks: Pick<Chunk, "output_type" | "data" | "host" | "gap">[]): string {
  return chunks.map((one, at) => encodeChunk({ ...one, seq: seq + at, timestamp: TIMESTAMP })).join("");
}

describe("the end of a batch", () => {
  const chunk = fc.record({
    output_type: fc.constantFrom(...OUTPUT_TYPES),
    data: fc.constantFrom("a", "b\n", "\n", "a \\n is no line feed\n\n", ""),
    host: fc.constantFrom("one", "two"),
  });

  it("gives the same last lines as the whole batch, with the same numbers, beginnings and open lines", () => {
    const chunks = fc.array(chunk, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(chunks, fc.nat(2_000), fc.integer({ min: 1, max: 2 }), (all, chars, from) => {
        const body = batchFrom(from, all);
        const kept = keepEnd(body, chars);
        const whole = linesOf(body);
        const end = linesOf(kept);
        expect(end.open).toEqual(whole.open);
        expect(end.lines).toEqual(whole.lines.slice(whole.lines.length - end.lines.length));
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(chars, body.length));
      }),
    );
  });

  it("leaves out as many chunks as possible", () => {
    const out = (data: string) => ({ output_type: "stdout" as const, data });
    const body = batchFrom(7, [out("1\n2\n"), out("3\n"), out("4"), out("5\n"), out("6\n")]);
    const last = body.slice(body.lastIndexOf("\n", body.length - 2) + 1);
    expect(keepEnd(body, last.length)).toBe(
      `{"event":"passed","first_seq":7,"lines":{"stdout":4,"stderr":0,"other":0},"ended":[{"output_type":"stdout"}]}\n${last}`,
    );
    // Behind the third chunk, a line is open.
    expect(keepEnd(body, last.length + 1).split("\n").length).toBe(5);
  });

  it("does not join a line to an earlier line of the same stream", () => {
    const body = batchFrom(7, [
      { output_type: "stderr", data: "rare\n" },
      { output_type: "stdout", data: "often\n".repeat(100) },
      { output_type: "stderr", data: "rare again\n" },
    ]);
    const { lines } = linesOf(keepEnd(body, 20));
    expect(lines).toMatchObject([{ text: "rare again", number: 102, headless: false }]);
  });

  it("is the whole batch if a cursor moves up, as that overwrites earlier lines", () => {
    const up = { output_type: "stdout" as const, data: "one\ntwo\n\u001b[2Aover\n" };
    const body = batchFrom(1, [{ output_type: "stdout", data: "a\n" }, up]);
    expect(keepEnd(body, 1)).toBe(body);
  });

  it("leaves out the output of a bounded number of sources", () => {
    const hosts = Array.from({ length: 70 }, (_, at) => ({
      output_type: "stdout" as const,
      data: "a\n",
      host: `host-${at}`,
    }));
    const [passed = "", ...kept] = keepEnd(batchFrom(1, hosts), 1).split("\n");
    expect(JSON.parse(passed)).toMatchObject({ lines: { stdout: 64 }, ended: { length: 64 } });
    expect(kept.length - 1).toBe(6);
  });
});
