import { describe, expect, it } from "vitest";
import { BATCH_CHUNKS_MAX } from "../../protocol/base/limits.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { adoptedBatches } from "../../src/execution/log/adopted.ts";
import { chunk } from "./support/world.ts";

/** The most bytes of one row of an object's database. */
const ROW_BYTES_MAX = 2 * 1000 * 1000;

const label = { execution_id: "a".repeat(24), name: "名".repeat(128) };

const LABELS = /"execution_id":"[^"]*",|"path":"[^"]*",/g;

function adopt(lines: string) {
  const { body, ...head } = readBatch(lines);
  return { head, batches: adoptedBatches({ head, body }, 101, label) };
}

describe("a child's batch", () => {
  it("is one batch of its parent", () => {
    const { batches } = adopt(encodeChunk(chunk(1, "a\n")) + encodeChunk(chunk(2, "b\n", "stderr")));
    expect(batches).toMatchObject([
      { head: { first_seq: 101, last_seq: 102, bytes: { stdout: 2, stderr: 2 } } },
    ]);
  });

  it("is several batches if its labels make it too long for a row, and no line is lost between them", () => {
    const lines = Array.from({ length: BATCH_CHUNKS_MAX }, (_, at) =>
      encodeChunk(chunk(at + 1, "é\n", at % 2 === 0 ? "stdout" : "stderr")),
    );
    const { head, batches } = adopt(lines.join(""));
    expect(batches.length).toBeGreaterThan(1);
    let next = 101;
    for (const batch of batches) {
      expect(new TextEncoder().encode(batch.body).length).toBeLessThan(ROW_BYTES_MAX);
      expect(batch.head.first_seq).toBe(next);
      // Each batch counts its own lines as they are without the labels, which an agent may not write.
      const { body: _, ...head } = readBatch(batch.body.replace(LABELS, ""));
      expect(head).toEqual(batch.head);
      next = batch.head.last_seq + 1;
    }
    expect(next).toBe(101 + BATCH_CHUNKS_MAX);
    const bytes = batches.reduce((sum, batch) => sum + batch.head.bytes.stderr, 0);
    expect(bytes).toBe(head.bytes.stderr);
  });
});
