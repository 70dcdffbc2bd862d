import { CHUNK_OVERHEAD_BYTES, CUT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import type { ByteCounts } from "../../../protocol/wire/counts.ts";
import { encodeChunk, TIMESTAMP_CHARS, timestampOf } from "../../../protocol/wire/line.ts";
import type { Totals } from "../../objects/log.ts";
import { columnsOf, firstReached, INSERT_BATCH, totalsAt } from "./totals.ts";

/** The part that was cut out of a log: the totals before it and after it. */
interface Cut {
  before: Totals;
  after: Totals;
}

/**
 * The size limit of a log. Half of it is for the log's head, which stays; the rest is for its tail, which moves on. The
 * batches between them are deleted in pieces. One row with a gap stands for all of them, so that no sequence number is
 * missing.
 */
export class Limit {
  readonly #storage: DurableObjectStorage;
  #cut: Cut | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#cut = storage.kv.get<Cut>("cut");
  }

  /**
   * The part of what was produced between two sequence numbers that the log holds: one gap stands for everything that was
   * cut.
   */
  heldOf(produced: Totals, seq: number, last_seq: number): Totals {
    const cut = this.#cut;
    if (!cut || seq >= cut.after.last_seq || last_seq < cut.after.last_seq) return produced;
    // Within the cut all totals are those of its end.
    const held = seq > cut.before.last_seq ? produced : minus(produced, minus(cut.after, cut.before));
    return { ...held, gaps: held.gaps + 1, lines: { ...held.lines, other: held.lines.other + 1 } };
  }

  /** The log has grown to these totals: cuts a piece if they exceed the limit. The newest batch always stays. */
  hold(totals: Totals, newest_seq: number, bytes_max: number): void {
    const taken = this.#cut ? sizeOf(this.#cut.after) - sizeOf(this.#cut.before) : 0;
    if (bytes_max === 0 || sizeOf(totals) - taken <= bytes_max) return;
    const before = this.#cut?.before ?? this.#reached(bytes_max / 2, 1, newest_seq - 1);
    const piece = Math.min(bytes_max / PIECES, CUT_BYTES_MAX);
    const size = sizeOf(totals) + sizeOf(before) - bytes_max + piece;
    const after = this.#reached(size, before.last_seq + 1, newest_seq - 1);
    if (after.last_seq > (this.#cut?.after ?? before).last_seq) this.#take({ before, after });
  }

  reload(): void {
    this.#cut = this.#storage.kv.get<Cut>("cut");
  }

  clear(): void {
    this.#cut = undefined;
    this.#storage.kv.delete("cut");
  }

  #take(cut: Cut): void {
    const { sql, kv } = this.#storage;
    const { before, after } = cut;
    const { stdout, stderr, other } = minus(after, before).bytes;
    const first_seq = before.last_seq + 1;
    const line = encodeChunk({
      seq: after.last_seq,
      timestamp: this.#timestampAt(after.last_seq + 1),
      output_type: "other",
      gap: { reason: "limit", bytes: stdout + stderr + other, first_seq },
      data: "",
    });
    sql.exec("DELETE FROM batch WHERE first_seq >= ? AND first_seq <= ?", first_seq, after.last_seq);
    sql.exec(INSERT_BATCH, first_seq, after.last_seq, ...columnsOf(after), line);
    kv.put("cut", cut);
    this.#cut = cut;
  }

  /** The totals at the end of the batch with which the log reached a size. */
  #reached(size: number, from_seq: number, to_seq: number): Totals {
    const { sql } = this.#storage;
    return totalsAt(
      sql,
      firstReached(sql, { from_seq, to_seq }, (totals) => sizeOf(totals) >= size),
    );
  }

  /** The time of the first chunk after the gap: the deleted chunks' times are gone. */
  #timestampAt(seq: number): string {
    const { head } = this.#storage.sql
      .exec<{ head: string }>(
        "SELECT substr(body, 1, ?) AS head FROM batch WHERE first_seq = ?",
        TIMESTAMP_CHARS,
        seq,
      )
      .one();
    return timestampOf(head) ?? "";
  }
}

/** The limit divided by this is the largest piece: so the log always keeps almost as much as the limit allows. */
const PIECES = 8;

/** The size that counts against the limit. It is a function of the totals, so that it is known for every row. */
export function sizeOf({ bytes, last_seq }: Totals): number {
  return bytes.stdout + bytes.stderr + bytes.other + last_seq * CHUNK_OVERHEAD_BYTES;
}

/** The totals between two places of a log. */
export function minus(after: Totals, before: Totals): Totals {
  return {
    last_seq: after.last_seq - before.last_seq,
    bytes: lessOf(after.bytes, before.bytes),
    gaps: after.gaps - before.gaps,
    lines: lessOf(after.lines, before.lines),
  };
}

function lessOf(after: ByteCounts, before: ByteCounts): ByteCounts {
  return {
    stdout: after.stdout - before.stdout,
    stderr: after.stderr - before.stderr,
    other: after.other - before.other,
  };
}
