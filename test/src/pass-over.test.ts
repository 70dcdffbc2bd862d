import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunk, OUTPUT_TYPES } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { passOver } from "../../src/reading/pages/pass-over.ts";
import { linesOf } from "./support/lines.ts";

describe("a batch without the chunks of other streams", () => {
  const type = fc.constantFrom(...OUTPUT_TYPES);
  const chunk = fc.record({
    output_type: type,
    data: fc.constantFrom("a", "b\n", "\n", "a \\n is no line feed\n\n"),
    host: fc.constantFrom("one", "two"),
  });

  it("gives the same lines as the whole, with the same numbers", () => {
    const some = fc.uniqueArray(type, { minLength: 1 });
    fc.assert(
      fc.property(
        fc.array(chunk, { minLength: 1 }),
        some,
        fc.integer({ min: 1, max: 3 }),
        (chunks, types, from) => {
          const body = chunks
            .map((one, at) =>
              encodeChunk({ ...one, seq: from + at, timestamp: "2026-11-24T12:00:00.000000Z" }),
            )
            .join("");
          expect(linesOf(passOver(body, types), types)).toEqual(linesOf(body, types));
        },
      ),
    );
  });

  it("has only the wanted chunks, and one count for each run of other lines", () => {
    const timestamp = "2026-11-24T12:00:00.000000Z";
    const out = (seq: number): Chunk => ({ seq, timestamp, output_type: "stdout", data: "1\n2\n" });
    const err = encodeChunk({ seq: 3, timestamp, output_type: "stderr", data: "e\n" });
    const body = encodeChunk(out(1)) + encodeChunk(out(2)) + err + encodeChunk(out(4));
    expect(passOver(body, ["stderr"]).split("\n")).toEqual([
      '{"event":"passed","first_seq":1,"lines":{"stdout":4,"stderr":0,"other":0}}',
      err.trimEnd(),
      '{"event":"passed","first_seq":4,"lines":{"stdout":2,"stderr":0,"other":0}}',
      "",
    ]);
    expect(passOver(body, OUTPUT_TYPES)).toBe(body);
  });
});
