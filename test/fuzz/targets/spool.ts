import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Spool } from "../../../agent/spool/spool.ts";
import { Journal } from "../../../agent/state/journal.ts";
import { BATCH_BYTES_MAX } from "../../../protocol/base/limits.ts";
import type { FsyncPolicy } from "../../../protocol/settings/agent.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { bytesOf } from "../bytes.ts";
import { MemoryFolder } from "../memory-folder.ts";
import { hashOf, Random } from "../random.ts";
import { must, type Target } from "../target.ts";

const NEVER: FsyncPolicy = "never";
const OPTIONS = { bytes_max: 64 * 1024 * 1024, fsync: NEVER, nowMs: Date.now, onDisk: () => undefined };
const BETWEEN = "---";

const memory = new MemoryFolder();

/**
 * A run's folder as a crash may leave it: the files of its spool with `---` between them, each torn, full of zeros or missing,
 * and its notes. The input is bytes.
 */
export const target: Target = {
  covers: [
    "spool/spool.ts",
    "spool/segments.ts",
    "spool/whole-lines.ts",
    "spool/held.ts",
    "agent/state/journal.ts",
  ],
  chars_max: 8_192,
  words: [
    BETWEEN,
    "\n",
    line(1),
    line(2),
    line(3),
    line(4),
    line(5),
    "\u0000\u0000\u0000",
    '{"seq":3,',
    '"timestamp":"9999999"',
    "}\n",
  ],
  seeds: [
    `${line(1)}${line(2)}${BETWEEN}${line(3)}`,
    `${line(1)}${line(2).slice(0, 20)}`,
    `${line(1)}\u0000\u0000\u0000${BETWEEN}${line(2)}${line(3)}`,
    `${BETWEEN}${line(4)}${BETWEEN}${line(1)}`,
    '{"execution_id":"6742f0c0012c0123456789ab","epoch":1,"action":"core.local"}',
    '{"pid":5,"start_ticks":7}',
  ],
  run: (input) => {
    const random = new Random(hashOf(input));
    const folder = join(memory.path, "run");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    let first = 1 + random.below(3);
    for (const file of input.split(BETWEEN).slice(0, 8)) {
      writeFileSync(join(folder, `${String(first).padStart(12, "0")}.ndjson`), bytesOf(file));
      first += file.split("\n").length - random.below(2);
    }
    for (const name of ["lease", "process", "end"])
      writeFileSync(join(folder, `${name}.json`), bytesOf(input));
    const { lease, process: noted, end } = new Journal(folder, NEVER).read();
    must(lease === undefined || noted === undefined || end === undefined, "a note is of one kind");
    const spool = new Spool(folder, OPTIONS);
    spool.reach(random.pick([0, 3, null]));
    spool.meet(1 + random.below(6));
    spool.append("stdout", { bytes: Buffer.from("after"), is_text: true });
    checkBatches(spool);
    spool.close();
  },
  end: async () => memory.remove(),
};

/** Checks that the sent chunks are dense, and end with the last written one. */
function checkBatches(spool: Spool): void {
  let last = "";
  for (let batch = spool.read(); batch; batch = spool.read()) {
    must(batch.body.length <= BATCH_BYTES_MAX && batch.body.at(-1) === 0x0a, "a batch has whole lines");
    const lines = batch.body.toString("latin1").trimEnd().split("\n");
    for (const [at, one] of lines.entries())
      must(
        one.startsWith(`{"seq":${batch.first_seq + at},`),
        "each line has the number that it is sent under",
      );
    must(lines.length === batch.last_seq - batch.first_seq + 1, "a batch has as many lines as it says");
    last = lines.at(-1) ?? "";
    must(spool.acknowledge(batch.last_seq + 1, batch), "what was sent can be acknowledged");
  }
  must(spool.drained && last.includes('"data":"after"'), "what is written behind a crash is sent");
}

function line(seq: number): string {
  return encodeChunk({ seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data: "x" });
}
