import { CHUNK_OVERHEAD_BYTES, CUT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import type { ByteCounts } from "../../../protocol/wire/counts.ts";
import { encodeChunk, TIMESTAMP_CHARS, timestampOf } from "../../../protocol/wire/line.ts";
import type { Totals } from "../../objects/log.ts";
import { columnsOf, INSERT_BATCH } from "./totals.ts";

/** What was cut out of a log: where the log stood before it, and where behind it. */
interface Cut {
  before: Totals;
  after: Totals;
}

/**
 * The limit of a log: half of it is the log's head, which stays, and the rest its tail, which moves on. What falls out of
 * the tail is deleted in pieces, and one row with a gap stands for all of it, so that the rows stay without a hole.
 */
export class Limit {
  readonly #storage: DurableObjectStorage;
  readonly #log: { bytes_max: () => number; totalsAt: (seq: number) => Totals };
  #cut: Cut | undefined;

  constructor(
    storage: DurableObjectStorage,
    log: { bytes_max: () => number; totalsAt: (seq: number) => Totals },
  ) {
    this.#storage = storage;
    this.#log = log;
    this.#cut = storage.kv.get<Cut>("cut");
  }

  /** Of what was produced between two sequence numbers, what the log holds: one gap for all that was cut. */
  heldOf(produced: Totals, seq: number, last_seq: number): Totals {
    const cut = this.#cut;
    if (!cut || seq >= cut.after.last_seq || last_seq < cut.after.last_seq) return produced;
    // Within the cut all totals are those of its end.
    const held = seq > cut.before.last_seq ? produced : minus(produced, minus(cut.after, cut.before));
    return { ...held, gaps: held.gaps + 1, lines: { ...held.lines, other: held.lines.other + 1 } };
  }

  /** The log has grown to these totals: cuts a piece where that is too much. The newest batch stays, whatever it takes. */
  hold(totals: Totals, newest_seq: number): void {
    const bytes_max = this.#log.bytes_max();
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

  /** Where the log first reached a size, as the end of that batch. Sizes grow with the numbers, so halving finds it. */
  #reached(size: number, from_seq: number, to_seq: number): Totals {
    let [low, high] = [from_seq, to_seq];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (sizeOf(this.#log.totalsAt(middle)) >= size) high = middle;
      else low = middle + 1;
    }
    return this.#log.totalsAt(high);
  }

  /** The time of the first chunk behind the gap: of what was there none is left. */
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

/** A tail is cut in at least so many pieces of the whole limit, so that what is kept is never much less than it. */
const PIECES = 8;

/** What an output counts against its limit. A function of the totals, so that it is known for every row. */
function sizeOf({ bytes, last_seq }: Totals): number {
  return bytes.stdout + bytes.stderr + bytes.other + last_seq * CHUNK_OVERHEAD_BYTES;
}

/** What came between two places of a log. */
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
