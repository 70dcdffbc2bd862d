import { TailraceError } from "../../protocol/errors.ts";
import type { Tombstone } from "../../protocol/retention.ts";
import { isCompleted } from "../../protocol/status.ts";
import { timestamp } from "../../protocol/time.ts";
import { deleteRow } from "../index/executions.ts";
import type { Followers } from "./followers.ts";
import type { Log } from "./log.ts";
import { OUTBOX_RETRY_MS, owes } from "./outbox.ts";
import { changed, type ExecutionState } from "./state.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the retention of an execution works on. */
export interface Kept {
  storage: DurableObjectStorage;
  index: D1Database;
  log: Log;
  followers: Followers;
}

/** How long an execution is kept: first its output goes, and leaves a tombstone, then all of it. A pin holds both back. */
export class Retention {
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Its time begins: at the end, and anew when a pin is taken off. */
  begin(state: ExecutionState, now_ms: number): void {
    const { output_ttl_days, execution_ttl_days } = state.keeping;
    const removal = state.pinned ? null : afterDays(now_ms, execution_ttl_days);
    const expiry = state.pinned ? null : afterDays(now_ms, output_ttl_days);
    state.timers.removal = removal;
    // The output goes with the execution at the latest.
    state.timers.expiry = state.expired ? null : earlier(expiry, removal);
  }

  /** Sets a pin or takes it off; false where that changes nothing. */
  pin(state: ExecutionState, pinned: boolean, now_ms: number): boolean {
    if (state.pinned === pinned) return false;
    state.pinned = pinned;
    if (isCompleted(state.status)) this.begin(state, now_ms);
    changed(state);
    return true;
  }

  /** Deletes the output, and leaves what there was to say of it. Whoever still reads it is sent away. */
  expire(state: ExecutionState, now_ms: number): void {
    if (state.outbox.parent) {
      // The parent, which cannot be reached now, has not got all of it yet.
      state.timers.expiry = now_ms + OUTBOX_RETRY_MS;
      return;
    }
    state.expired = { totals: this.#kept.log.totals, at_ms: now_ms };
    state.timers.expiry = null;
    this.#kept.log.clear();
    const tombstone = tombstoneOf(state);
    if (tombstone) this.#kept.followers.dismiss(expiredError(state.spec.id, tombstone));
    changed(state);
  }

  /** Deletes the execution: its row, then everything in its object. False where it must be tried again later. */
  async remove(state: ExecutionState, now_ms: number): Promise<boolean> {
    state.timers.removal = now_ms + OUTBOX_RETRY_MS;
    // What others have not been told yet may be this very row, on its way.
    if (owes(state)) return false;
    try {
      await deleteRow(this.#kept.index, state.spec.id);
    } catch (error) {
      console.error(`execution ${state.spec.id}: not deleted yet: ${error}`);
      return false;
    }
    if (state.pinned || owes(state)) {
      // A pin came while the row was being deleted.
      changed(state);
      return false;
    }
    await this.#kept.storage.deleteAll();
    return true;
  }
}

/** What is left of an output that has expired. */
export function tombstoneOf({ status, exit_code, expired }: ExecutionState): Tombstone | undefined {
  if (!expired || !isCompleted(status)) return undefined;
  const { last_seq, bytes, gaps } = expired.totals;
  return { status, exit_code, last_seq, bytes, gaps, expired: timestamp(expired.at_ms) };
}

/** Why an output cannot be read any more, with all that is left of it. */
export function expiredError(id: string, tombstone: Tombstone): TailraceError {
  const text = `The output of ${tombstone.status} execution ${id} has expired.`;
  return new TailraceError("expired", text, undefined, tombstone);
}

function afterDays(now_ms: number, days: number): number | null {
  return days > 0 ? now_ms + Math.ceil(days * DAY_MS) : null;
}

function earlier(a_ms: number | null, b_ms: number | null): number | null {
  if (a_ms === null || b_ms === null) return a_ms ?? b_ms;
  return Math.min(a_ms, b_ms);
}
