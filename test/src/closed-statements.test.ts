import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { OUTPUT_TYPES } from "../../protocol/wire/chunk.ts";
import { Log } from "../../src/execution/log/log.ts";
import { executionSteps } from "../../src/execution/state/schema.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { beginSchema } from "../../src/storage/schema.ts";

/** Rows of a log whose later rows are longer than the earlier ones, so that a page ends in the middle of what was asked for. */
const LENGTHS = [10, 20, 10, ...Array.from({ length: 60 }, (_, row) => (row % 7 === 0 ? 90_000 : 9_000))];

function fill(log: Log): void {
  for (const [at, length] of LENGTHS.entries()) {
    const seq = at + 1;
    const line = {
      seq,
      timestamp: "2026-11-30T00:00:00.000000Z",
      output_type: "stdout",
      data: "x".repeat(length),
    };
    const counts = { stdout: 1, stderr: 0, other: 0 };
    const head = {
      first_seq: seq,
      last_seq: seq,
      bytes: { ...counts, stdout: length },
      gaps: 0,
      lines: counts,
    };
    log.append({ head, body: `${JSON.stringify(line)}\n` }, 0);
  }
}

it.each([
  [
    "the last lines",
    (log: Log) => log.linesPage({ types: [...OUTPUT_TYPES], place: undefined, seq: undefined }),
  ],
  [
    "lines from a place on",
    (log: Log) => log.linesPage({ types: [...OUTPUT_TYPES], place: 2, seq: undefined, lead: 400 }),
  ],
  ["a page", (log: Log) => log.pageAfter(0)],
  ["a short page", (log: Log) => log.pageAfter(2, 100)],
])("a reader of %s leaves no statement open, so that the disk can get its room back", async (_, read) => {
  await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
    beginSchema(storage, executionSteps(new Vault(env)));
    const log = new Log(storage);
    fill(log);
    expect(read(log)).toBeDefined();
    // SQLite refuses this while a statement that reads the table is open.
    storage.sql.exec("DROP TABLE batch");
  });
});

it("pages have every line once, however the lengths of rows change", async () => {
  await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
    beginSchema(storage, executionSteps(new Vault(env)));
    const log = new Log(storage);
    fill(log);
    for (const chars_wanted of [1, 5_000, 100_000, undefined]) {
      const seqs: number[] = [];
      for (let seq = 0; ; ) {
        const page = log.pageAfter(seq, chars_wanted);
        if (!page) break;
        for (const line of page.lines.trimEnd().split("\n"))
          seqs.push((JSON.parse(line) as { seq: number }).seq);
        seq = page.last_seq;
      }
      expect(seqs).toEqual(LENGTHS.map((_, at) => at + 1));
    }
  });
});
