import type { Status } from "../../../protocol/base/status.ts";
import type { Totals } from "../../objects/log.ts";
import type { KeptSpec } from "./given.ts";
import type { Keeping } from "./keeping.ts";

/**
 * An execution's own record: everything but its output, its given values and its result. It is stored as one value, and holds
 * no secret. `decide` alone makes the next state; nothing changes a state in place.
 */
export interface ExecutionState {
  spec: KeptSpec;
  status: Status;
  log: { status: Status; timestamp: string }[];
  start_ms: number;
  end_ms: number | null;
  /** How long it waits before it takes its place in the queue. */
  delay_ms: number;
  exit_code: number | null;
  canceled_by: string | null;
  /** The latest lease. Only its agent may append and end, until the lease is void. */
  lease: { epoch: number; agent_id: string; agent_name: string; is_void?: true; is_begun?: true } | null;
  /** The epoch of the lease under which the run got a token of its user, which the end revokes. */
  token_epoch?: number;
  /** Grows with each change, so that the index keeps the newest version. */
  version: number;
  outbox: Outbox;
  timers: Timers;
  /** For a parent: how its children are run. */
  family: FamilyPlan | null;
  /** How long the execution is kept, and how much of its output. */
  keeping: Keeping;
  /** A user keeps it: nothing of it expires. */
  pinned: boolean;
  /** It has been pinned: until the index confirms a later row, the row may say that nothing expires. */
  was_pinned?: true;
  /** The totals of the deleted output, and the time of its deletion. */
  expired: { totals: Totals; at_ms: number } | null;
}

/** What other objects must still be told: the stored effects. The alarm repeats them until each is taken. */
export interface Outbox {
  index: boolean;
  pool: "enqueue" | "cancel" | "release" | null;
  parent: boolean;
  /** How many changes of status in the log the hub knows. */
  announced: number;
  /** The epoch of the run's token that is void, and whose streams are to be ended. */
  token?: number | null;
}

/** How the children of an execution are run. */
export type FamilyPlan = HostsPlan | ChainPlan;

/** One child for each host. */
export interface HostsPlan {
  kind: "hosts";
  concurrency: number;
  allow_partial_failure: boolean;
}

/** One child after the other, as the action's chain says. */
export interface ChainPlan {
  kind: "chain";
}

/** The moments (milliseconds since 1970) at which the alarm has something to do. */
export interface Timers {
  outbox: number | null;
  lease: number | null;
  expiry: number | null;
  removal: number | null;
  family: number | null;
  delay: number | null;
  /** When its time in the queue is over. States of the first release have no such timer. */
  queue?: number | null;
  /** When the removal of texts is tried again. States of the first release have no such timer. */
  redaction?: number | null;
}
