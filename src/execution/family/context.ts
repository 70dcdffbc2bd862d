import type { Event } from "../decide/decide.ts";
import type { Context } from "../decide/decision.ts";
import type { Stored } from "./stored.ts";

/** The inputs of a decision about an event. Children, progress and texts are read only for the events that need them. */
export function contextOf(
  { env, record, log, children }: Stored,
  { kind }: Event,
  { now_ms, heard_ms }: { now_ms: number; heard_ms: number },
): Context {
  return {
    now_ms,
    grace_ms: env.LEASE_GRACE_SECONDS * 1000,
    heard_ms,
    totals: log.totals,
    children: CHILDREN_KINDS.has(kind) ? children.all() : [],
    progress: PROGRESS_KINDS.has(kind) ? record.progress : undefined,
    redaction: REDACTION_KINDS.has(kind) ? record.redaction : [],
  };
}

type Kinds = ReadonlySet<Event["kind"]>;

/** The events whose decisions look at the progress of a chain. */
const PROGRESS_KINDS: Kinds = new Set<Event["kind"]>([
  "tend",
  "progress_begun",
  "published",
  "task_prepared",
]);

/** The events whose decisions look at the children. */
const CHILDREN_KINDS: Kinds = new Set<Event["kind"]>([
  ...PROGRESS_KINDS,
  "child_pauses",
  "child_paused",
  "child_found",
]);

/** The events whose decisions look at the texts that are to be removed. */
const REDACTION_KINDS: Kinds = new Set<Event["kind"]>(["redact", "redacted"]);
