import { isCompleted } from "../../protocol/base/status.ts";
import { answered } from "../index/answered.ts";
import { deleteRow } from "../index/executions.ts";
import type { Delivery } from "./deliver/delivery.ts";
import { OUTBOX_RETRY_MS, owes } from "./deliver/outbox.ts";
import type { Followers } from "./log/followers.ts";
import type { Log } from "./log/log.ts";
import type { ExecutionRecord } from "./state/record.ts";
import { changed, type ExecutionState } from "./state/state.ts";
import { expiredError, tombstoneOf } from "./state/tombstone.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the retention of an execution works on. */
export interface Kept {
  storage: DurableObjectStorage;
  index: D1Database;
  record: ExecutionRecord;
  log: Log;
  followers: Followers;
  delivery: Delivery;
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

  /** Sets a pin or takes it off. */
  pin(state: ExecutionState, pinned: boolean): void {
    if (state.pinned === pinned) return;
    state.pinned = pinned;
    if (isCompleted(state.status)) this.begin(state, Date.now());
    this.#kept.delivery.tellChange(state);
  }

  /** Deletes the output, and leaves what there was to say of it. Whoever still reads it is sent away. */
  expire(state: ExecutionState, now_ms: number): void {
    const { log, followers, delivery } = this.#kept;
    if (state.outbox.parent) {
      // The parent, which cannot be reached now, has not got all of it yet.
      state.timers.expiry = now_ms + OUTBOX_RETRY_MS;
      delivery.tell(state);
      return;
    }
    state.expired = { totals: log.totals, at_ms: now_ms };
    state.timers.expiry = null;
    log.clear();
    const tombstone = tombstoneOf(state);
    if (tombstone) followers.dismiss(expiredError(state.spec.id, tombstone));
    delivery.tellChange(state);
  }

  /** Deletes the execution: its row, then everything in its object. What keeps it from that now is looked at again later. */
  async remove(state: ExecutionState, now_ms: number): Promise<void> {
    const { record, delivery } = this.#kept;
    await delivery.run();
    state.timers.removal = now_ms + OUTBOX_RETRY_MS;
    if (await this.#remove(state)) record.forget();
    else delivery.tell(state);
  }

  async #remove(state: ExecutionState): Promise<boolean> {
    const { storage, index } = this.#kept;
    // What others have not been told yet may be this very row, on its way.
    if (owes(state)) return false;
    try {
      await answered(deleteRow(index, state.spec.id));
    } catch (error) {
      console.error(`execution ${state.spec.id}: not deleted yet: ${error}`);
      return false;
    }
    if (state.pinned || owes(state)) {
      // A pin came while the row was being deleted.
      changed(state);
      return false;
    }
    await storage.deleteAll();
    return true;
  }
}

function afterDays(now_ms: number, days: number): number | null {
  return days > 0 ? now_ms + Math.ceil(days * DAY_MS) : null;
}

function earlier(a_ms: number | null, b_ms: number | null): number | null {
  if (a_ms === null || b_ms === null) return a_ms ?? b_ms;
  return Math.min(a_ms, b_ms);
}
