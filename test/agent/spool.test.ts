import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiskFailure } from "../../agent/disk/failure.ts";
import type { SpooledBatch } from "../../agent/spool/batch.ts";
import { Spool } from "../../agent/spool/spool.ts";
import { BATCH_BYTES_MAX, CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { placeBatch } from "../../protocol/wire/append.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { afterTest, scratch, until } from "../support/world.ts";

const MANY = 1_000_000_000;

function open(folder: string, bytes_max = MANY, nowMs: () => number = Date.now): Spool {
  return new Spool(folder, { bytes_max, fsync: "never", nowMs, onDisk: () => undefined });
}

function text(data: string) {
  return { bytes: Buffer.from(data), is_text: true };
}

/** A log that stores the batches that it is sent, by the append rule. */
class Log {
  readonly data: string[] = [];

  get next(): number {
    return this.data.length + 1;
  }

  /** Stores a batch or refuses it. Returns the next number in both cases. */
  take({ body }: SpooledBatch): number {
    const { first_seq, last_seq } = readBatch(body.toString());
    if (placeBatch(this.next, first_seq, last_seq) !== "append") return this.next;
    for (const line of body.toString().trimEnd().split("\n")) this.data.push(JSON.parse(line).data);
    return this.next;
  }
}

function drain(spool: Spool, log: Log): void {
  for (let batch = spool.read(); batch; batch = spool.read()) spool.acknowledge(log.take(batch), batch);
}

describe("the spool", () => {
  it("gives a log every chunk once, in order, with lost acknowledgements and restarts of the agent", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("write" as const), data: fc.string({ maxLength: 30 }) }),
      fc.record({
        do: fc.constantFrom(
          "send" as const,
          "send and lose the answer" as const,
          "restart" as const,
          "rewind" as const,
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const folder = scratch();
        // A small bound makes small segments, which are created and deleted during the test.
        let spool = open(folder);
        const log = new Log();
        const written: string[] = [];
        for (const action of steps) {
          if (action.do === "write") {
            spool.append("stdout", text(action.data));
            written.push(action.data);
          } else if (action.do === "restart") {
            spool.close();
            spool = open(folder);
          } else if (action.do === "rewind") spool.acknowledge(log.next);
          else {
            const batch = spool.read();
            if (!batch) continue;
            const next = log.take(batch);
            if (action.do === "send") spool.acknowledge(next, batch);
          }
        }
        spool.acknowledge(log.next);
        drain(spool, log);
        expect(log.data).toEqual(written);
        expect(spool.drained).toBe(true);
        spool.close();
      }),
      { numRuns: 200 },
    );
  });

  it("gives no chunk an earlier timestamp than the chunk before it, for any change of the clock and after a restart", () => {
    const folder = scratch();
    let now_ms = 1_800_000_000_000;
    let spool = open(folder, MANY, () => now_ms);
    spool.append("stdout", text("one"));
    now_ms -= 7_200_000;
    spool.append("stdout", text("two"));
    spool.close();
    spool = open(folder, MANY, () => now_ms);
    spool.append("stdout", text("three"));
    now_ms += 7_200_001;
    spool.append("stdout", text("four"));
    const lines = spool.read()?.body.toString().trimEnd().split("\n") ?? [];
    const at = (milliseconds: string) => `2027-01-15T08:00:00.${milliseconds}000Z`;
    expect(lines.map((line) => JSON.parse(line).timestamp)).toEqual([
      at("000"),
      at("000"),
      at("000"),
      at("001"),
    ]);
    spool.close();
  });

  it("drops a line that a crash has torn, and reuses its number", () => {
    const folder = scratch();
    const spool = open(folder);
    spool.append("stdout", text("whole"));
    spool.close();
    const [segment = ""] = readdirSync(folder);
    appendFileSync(join(folder, segment), '{"seq":2,"timest');
    const again = open(folder);
    expect(again.next).toBe(2);
    again.append("stderr", text("after"));
    const log = new Log();
    drain(again, log);
    expect(log.data).toEqual(["whole", "after"]);
    again.close();
  });

  it("keeps batches within their bound, and deletes acknowledged segments", () => {
    const folder = scratch();
    const spool = open(folder, 8_000_000);
    const log = new Log();
    const data = "x".repeat(60_000);
    for (let chunk = 0; chunk < 100; chunk++) spool.append("stdout", text(data));
    for (let batch = spool.read(); batch; batch = spool.read()) {
      expect(batch.body.length).toBeLessThanOrEqual(BATCH_BYTES_MAX);
      spool.acknowledge(log.take(batch), batch);
    }
    expect(log.data).toHaveLength(100);
    expect(readdirSync(folder)).toHaveLength(1);
    spool.close();
  });

  it("reads as few bytes as it is asked for, but at least one whole chunk", () => {
    const spool = open(scratch());
    for (const data of ["first", "second", "third"]) spool.append("stdout", text(data));
    const all = spool.read()?.body.length ?? 0;
    expect([1, all - 1, all].map((bytes_max) => spool.read(bytes_max)?.last_seq)).toEqual([1, 2, 3]);
  });

  it("replaces chunks that did not fit by one gap in their place, and goes on", () => {
    const spool = open(scratch(), 10_000);
    const log = new Log();
    for (let chunk = 0; chunk < 30; chunk++) spool.append("stdout", text("x".repeat(1_000)));
    const kept = spool.last_seq;
    expect(kept).toBeLessThan(15);
    drain(spool, log);
    spool.append("stdout", text("room again"));
    drain(spool, log);
    expect(log.data.at(-2)).toBe("");
    expect(log.data.at(-1)).toBe("room again");
    spool.close();

    const full = open(scratch(), 10_000);
    for (let chunk = 0; chunk < 30; chunk++) full.append("stdout", text("x".repeat(1_000)));
    full.finish();
    const lines: string[] = [];
    for (let batch = full.read(); batch; batch = full.read()) {
      lines.push(...batch.body.toString().trimEnd().split("\n"));
      full.acknowledge(batch.last_seq + 1, batch);
    }
    const chunks = lines.map((line) => JSON.parse(line));
    const dropped = (30 - (chunks.length - 1)) * 1_000;
    expect(chunks.at(-1)).toMatchObject({
      output_type: "other",
      data: "",
      gap: { reason: "spool_full", bytes: dropped },
    });
    full.close();
  });

  it("continues after the log's last number where a crash of the host has cost the spool its end", () => {
    const spool = open(scratch());
    spool.append("stdout", text("kept"));
    spool.meet(10);
    spool.append("stdout", text("new"));
    expect(spool.read()).toMatchObject({ first_seq: 10, last_seq: 10 });
    spool.close();
  });

  it("reports that the log asks for chunks that are deleted", () => {
    const folder = scratch();
    const spool = open(folder, 4_000_000);
    for (let chunk = 0; chunk < 60; chunk++) spool.append("stdout", text("x".repeat(60_000)));
    drain(spool, new Log());
    expect(spool.acknowledge(1)).toBe(false);
    spool.close();
  });

  it("is readable by its owner only", () => {
    const folder = join(scratch(), "spool");
    const spool = open(folder);
    spool.append("stdout", text("private"));
    const [segment = ""] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, segment)).mode & 0o777).toBe(0o600);
    spool.close();
  });
});

/** A disk of this size, which is removed after the test. */
function smallDisk(bytes: number): SmallDisk {
  const disk = new SmallDisk(scratch(), bytes);
  afterTest(() => disk.unmount());
  return disk;
}

describe("a spool on a disk that is sometimes full", { tags: ["root"] }, () => {
  it("gives a log every chunk once, in order, from memory where the disk takes no write", () => {
    const disk = smallDisk(1024 * 1024);
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("write" as const),
          size: fc.integer({ min: 1, max: 20_000 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constantFrom("send" as const, "send and lose the answer" as const, "rewind" as const),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("fill" as const, "empty" as const) }) },
    );
    let folders = 0;
    let held = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        disk.empty();
        const failures: (DiskFailure | undefined)[] = [];
        const spool = new Spool(join(disk.folder, String(folders++)), {
          bytes_max: MANY,
          fsync: "never",
          nowMs: Date.now,
          onDisk: (failure) => failures.push(failure),
        });
        const log = new Log();
        const written: string[] = [];
        spool.meet(1);
        for (const action of steps) {
          if (action.do === "write") {
            const data = String(written.length).padEnd(action.size, ".");
            spool.append("stdout", text(data));
            written.push(data);
          } else if (action.do === "fill") disk.fill();
          else if (action.do === "empty") disk.empty();
          else if (action.do === "rewind") expect(spool.acknowledge(log.next)).toBe(true);
          else {
            const batch = spool.read();
            if (!batch) continue;
            const next = log.take(batch);
            if (action.do === "send") spool.acknowledge(next, batch);
          }
        }
        held += failures.filter((failure) => failure?.code === "ENOSPC").length;
        spool.acknowledge(log.next);
        drain(spool, log);
        expect(log.data).toEqual(written);
        expect(spool.drained).toBe(true);
        expect(spool.ready).toBeUndefined();
        spool.close();
        rmSync(join(disk.folder, String(folders - 1)), { recursive: true });
      }),
      {
        numRuns: 200,
        examples: [
          // The server asks for chunks that were in memory and are on disk by then.
          [[{ do: "fill" }, { do: "write", size: 1 }, { do: "empty" }, { do: "rewind" }]],
        ],
      },
    );
    expect(held).toBeGreaterThan(20);
  });

  it("makes its writer wait, and reports dropped output with its true size", async () => {
    const disk = smallDisk(1024 * 1024);
    const spool = open(join(disk.folder, "spool"));
    spool.append("stdout", text("first"));
    disk.fill();
    const size = 60_000;
    let written = 0;
    for (; !spool.ready; written += size) spool.append("stdout", text("x".repeat(size)));
    // A program that has ended does not wait.
    for (; written < 8_000_000; written += size) spool.append("stdout", text("x".repeat(size)));
    const { ready } = spool;
    disk.empty();
    const log = new Log();
    const gaps: unknown[] = [];
    let kept = 0;
    for (let batch = spool.read(); batch; batch = spool.read()) {
      for (const line of batch.body.toString().trimEnd().split("\n")) {
        const { gap, data } = JSON.parse(line);
        if (gap) gaps.push(gap);
        kept += data.length;
      }
      spool.acknowledge(log.take(batch), batch);
    }
    await ready;
    expect(kept).toBeGreaterThan(3_000_000);
    expect(gaps).toEqual([{ reason: "spool_full", bytes: written + "first".length - kept }]);
    spool.close();
  });
});

describe("a spool that has lost data in a crash of the host", () => {
  const lines = (folder: string) =>
    readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));

  /** A spool of this many chunks after a crash. `damage` changes its one file. */
  function crashed(chunks: number, damage: (file: string, whole: string[]) => void) {
    const folder = scratch();
    const spool = open(folder);
    for (let chunk = 1; chunk <= chunks; chunk++) spool.append("stdout", text(`chunk ${chunk}`));
    spool.close();
    const [name = ""] = readdirSync(folder);
    damage(join(folder, name), lines(folder));
    return { spool: open(folder), folder };
  }

  const keep = (count: number) => (file: string, whole: string[]) =>
    writeFileSync(
      file,
      whole
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(""),
    );

  const gapsOf = (folder: string) =>
    lines(folder).flatMap((line) => {
      const { seq, gap } = JSON.parse(line);
      return gap ? [{ seq, ...gap }] : [];
    });

  const MISSING = { reason: "agent_restarted", bytes: null };

  it.each([
    { what: "its end, which the log lacks too", kept: 6, held: 4, gaps: [{ seq: 7, ...MISSING }] },
    { what: "its end, of which the log has a part", kept: 4, held: 6, gaps: [{ seq: 7, ...MISSING }] },
    { what: "all, and the log has nothing", kept: 0, held: 0, gaps: [{ seq: 1, ...MISSING }] },
    { what: "its end, all of which the log has", kept: 4, held: 10, gaps: [] },
    { what: "nothing", kept: 10, held: 4, gaps: [] },
  ])("reports the loss behind the log's last chunk: $what", ({ kept, held, gaps }) => {
    const { spool, folder } = crashed(10, keep(kept));
    spool.reach(10);
    expect(spool.end_seq).toBe(10);
    spool.meet(held + 1);
    expect(gapsOf(folder)).toEqual(gaps);
    const batch = spool.read();
    expect(batch?.first_seq ?? held + 1).toBe(held + 1);
    expect(spool.end_seq).toBe(spool.last_seq);
    spool.close();
  });

  it("reports a possible loss where its length is unknown, once the log has told its next number", () => {
    const { spool, folder } = crashed(10, keep(4));
    spool.reach(null);
    expect(spool.end_seq).toBeNull();
    expect(gapsOf(folder)).toEqual([]);
    spool.meet(9);
    expect(gapsOf(folder)).toEqual([{ seq: 9, ...MISSING }]);
    spool.close();
  });

  it("ends at the last whole line, before zeros and the disk's old contents", () => {
    for (const rest of ["\0".repeat(300), `${"\0".repeat(20)}"}\n`, '{"seq":9,"old":"line"}\n', "noise\n"]) {
      const { spool } = crashed(10, (file, whole) => {
        keep(5)(file, whole);
        appendFileSync(file, rest);
      });
      expect(spool.last_seq).toBe(5);
      spool.close();
    }
  });

  it("ends at a torn file between two others, as the later chunks have no place", () => {
    const folder = scratch();
    const spool = open(folder, 4_000);
    for (let chunk = 1; chunk <= 30; chunk++) spool.append("stdout", text(`chunk ${chunk}`));
    spool.close();
    const [first = ""] = readdirSync(folder).sort();
    keep(3)(join(folder, first), readFileSync(join(folder, first), "utf8").trimEnd().split("\n"));
    const again = open(folder, 4_000);
    again.reach(30);
    again.meet(1);
    expect(gapsOf(folder)).toEqual([{ seq: 4, ...MISSING }]);
    again.close();
  });

  it.each([
    ["its one file", MANY],
    ["a file with others behind it", 4_000],
  ])("reports a written chunk that the disk has lost: in %s", (_, bytes_max) => {
    const folder = scratch();
    const spool = open(folder, bytes_max);
    for (let chunk = 1; chunk <= 30; chunk++) spool.append("stdout", text(`chunk ${chunk}`));
    const [first = ""] = readdirSync(folder).sort();
    truncateSync(join(folder, first), 150);
    const log = new Log();
    expect(() => drain(spool, log)).toThrow("the disk has lost chunk 2, which was not sent yet");
    expect(() => spool.acknowledge(2) && spool.read()).toThrow("the disk has lost chunk 2");
    spool.close();
  });
});

describe("a disk that takes writes into the system's memory only", {
  tags: ["root", "loop", "e2fsprogs"],
}, () => {
  it("is reported, and makes the writer wait until the writes are on the disk", async () => {
    const under = smallDisk(4 * 1024 * 1024);
    const image = join(under.folder, "image");
    const folder = scratch();
    writeFileSync(image, "");
    truncateSync(image, 32 * 1024 * 1024);
    execFileSync("mkfs.ext4", ["-q", "-O", "^has_journal", "-E", "lazy_itable_init=1", image]);
    execFileSync("mount", ["-o", "loop", image, folder]);
    afterTest(() => execFileSync("umount", ["--lazy", folder]));
    const told: (DiskFailure | undefined)[] = [];
    const spool = new Spool(join(folder, "spool"), {
      bytes_max: MANY,
      fsync: "always",
      nowMs: Date.now,
      onDisk: (failure) => told.push(failure),
    });
    afterTest(() => spool.close());
    for (let written = 0; written < 6_000_000; written += CHUNK_BYTES_MAX)
      spool.append("stdout", text("x".repeat(CHUNK_BYTES_MAX)));
    await until("it is told", () => told.length > 0);
    expect(told[0]?.code).toMatch(/^(EIO|ENOSPC)$/);
    expect(spool.ready).toBeDefined();
    execFileSync("mount", ["-o", "remount,size=64m", under.folder]);
    await until("all is on the disk", () => spool.ready === undefined);
    expect(told.at(-1)).toBeUndefined();
  });
});
