import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Spool } from "../../../agent/spool/spool.ts";
import { BATCH_BYTES_MAX } from "../../../protocol/limits.ts";
import { MemoryFolder } from "../memory-folder.ts";
import { hashOf } from "../random.ts";
import { must, type Target } from "../target.ts";

const SPOOL_BYTES_MAX = 64 * 1024 * 1024;

const memory = new MemoryFolder();

/** A spool as a crash may leave it: segments, with `---` between them, of which the last lines may be torn. */
export const target: Target = {
  covers: ["spool/spool.ts", "spool/segments.ts"],
  chars_max: 8_192,
  words: ["---", "\n", '{"seq":1}\n'],
  seeds: ['{"seq":1}\n{"seq":2}\n---{"seq":3}\n', '{"seq":1}\n{"se', "", "\n\n---\n"],
  run: (input) => {
    const folder = join(memory.path, "spool");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    let next = 1 + (hashOf(input) % 3);
    const first = next;
    for (const segment of input.split("---").slice(0, 8)) {
      const lines = segment.split("\n").length - 1;
      if (lines > 0) writeFileSync(join(folder, `${String(next).padStart(12, "0")}.ndjson`), segment);
      next += lines;
    }
    const spool = new Spool(folder, SPOOL_BYTES_MAX);
    must(spool.next === (next === first ? 1 : next), "the numbers go on behind the last whole line");
    spool.append("stdout", { data: "after", size: 5 });
    let read = 0;
    for (let batch = spool.read(); batch; batch = spool.read()) {
      must(batch.body.length <= BATCH_BYTES_MAX && batch.body.at(-1) === 0x0a, "a batch has whole lines");
      read += batch.last_seq - batch.first_seq + 1;
      must(spool.acknowledge(batch.last_seq + 1, batch), "what was sent can be acknowledged");
    }
    must(
      spool.drained && read === spool.last_seq - (next === first ? 0 : first - 1),
      "each line is sent once",
    );
    spool.close();
  },
  end: async () => memory.remove(),
};
