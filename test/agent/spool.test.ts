import { appendFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Spool, type SpooledBatch } from "../../agent/spool/spool.ts";
import { placeBatch } from "../../protocol/append.ts";
import { readBatch } from "../../protocol/batch.ts";
import { BATCH_BYTES_MAX } from "../../protocol/limits.ts";
import { scratch } from "../support/world.ts";

const MANY = 1_000_000_000;

function open(folder: string, bytes_max = MANY): Spool {
  return new Spool(folder, { bytes_max, fsync: "never", onDisk: () => undefined });
}

function text(data: string) {
  return { data, size: Buffer.byteLength(data) };
}

/** A log that keeps what it is sent, by the append rule. */
class Log {
  readonly data: string[] = [];

  get next(): number {
    return this.data.length + 1;
  }

  /** Stores a batch or does not; says what the next number is either way. */
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
  it("gives a log everything once, in order, whatever is lost and whenever the agent restarts", () => {
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
        // A small bound makes small segments, so that they come and go.
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

  it("cuts off a line that a crash has torn, and goes on with its number", () => {
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

  it("keeps batches within their bound and deletes what is acknowledged", () => {
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

  it("stands in for what it had no room for with one gap, where it is missing, and goes on", () => {
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

  it("goes on behind what the log has where a crash of the host has cost it its end", () => {
    const spool = open(scratch());
    spool.append("stdout", text("kept"));
    spool.meet(10);
    spool.append("stdout", text("new"));
    expect(spool.read()).toMatchObject({ first_seq: 10, last_seq: 10 });
    spool.close();
  });

  it("says so when the log wants what is not here any more", () => {
    const folder = scratch();
    const spool = open(folder, 4_000_000);
    for (let chunk = 0; chunk < 60; chunk++) spool.append("stdout", text("x".repeat(60_000)));
    drain(spool, new Log());
    expect(spool.acknowledge(1)).toBe(false);
    spool.close();
  });

  it("can be read by its owner only", () => {
    const folder = join(scratch(), "spool");
    const spool = open(folder);
    spool.append("stdout", text("private"));
    const [segment = ""] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, segment)).mode & 0o777).toBe(0o600);
    spool.close();
  });
});
