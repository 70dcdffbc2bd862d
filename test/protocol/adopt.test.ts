import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { PATH_CHARS_MAX } from "../../protocol/base/limits.ts";
import { adoptLines } from "../../protocol/wire/adopt.ts";
import { Chunk } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";

const ID = "a".repeat(24);
const OTHER = "b".repeat(24);

const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const chunks = fc.array(
  fc.record(
    {
      output_type: fc.constantFrom("stdout" as const, "stderr" as const),
      encoding: fc.constant("base64" as const),
      host: names,
      gap: fc.record({ reason: fc.constant("agent_lost" as const), bytes: fc.constant(null) }),
      data: fc.string().map((text) => `,"data":"${text}"path":"`),
    },
    { requiredKeys: ["output_type", "data"] },
  ),
  { minLength: 1 },
);

/** Lines of an execution's own log. */
function logOf(given: Omit<Chunk, "seq" | "timestamp">[]): Chunk[] {
  return given.map((chunk, at) => ({ seq: at + 1, timestamp: "2026-11-24T12:00:00.000000Z", ...chunk }));
}

const read = (lines: string): Chunk[] =>
  lines
    .split("\n")
    .slice(0, -1)
    .map((line) => v.parse(Chunk, JSON.parse(line)));

describe("lines of a child in its parent's log", () => {
  it("keep all fields, and get a number, their execution and their path", () => {
    fc.assert(
      fc.property(chunks, names, names, fc.integer({ min: 1, max: 1e9 }), (given, name, above, first_seq) => {
        const log = logOf(given);
        const lines = log.map(encodeChunk).join("");
        const once = adoptLines(lines, first_seq, { execution_id: ID, name });
        expect(read(once)).toEqual(
          log.map((chunk, at) => ({ ...chunk, seq: first_seq + at, execution_id: ID, path: name })),
        );
        const twice = adoptLines(once, 1, { execution_id: OTHER, name: above });
        expect(read(twice)).toEqual(
          log.map((chunk) => ({ ...chunk, execution_id: ID, path: `${above}/${name}` })),
        );
        // Adopted lines are in the canonical form, as the next parent needs it.
        expect(twice).toBe(read(twice).map(encodeChunk).join(""));
      }),
    );
  });

  it("have a path within its bound", () => {
    let lines = encodeChunk({ ...(logOf([{ output_type: "stdout", data: "x" }])[0] as Chunk) });
    for (let depth = 0; depth < 16; depth++) {
      lines = adoptLines(lines, 1, { execution_id: ID, name: "n".repeat(128) });
    }
    const [chunk] = read(lines);
    expect(chunk?.path?.length).toBeLessThanOrEqual(PATH_CHARS_MAX);
    expect(chunk?.path?.length).toBeGreaterThan(PATH_CHARS_MAX / 2);
  });
});
