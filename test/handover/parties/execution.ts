import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import { placeBatch } from "../../../protocol/wire/append.ts";
import { isHolder, stepLease } from "../../../src/execution/decide/handover.ts";
import type { LeaseHolder } from "../../../src/objects/lease.ts";
import { type Call, type Late, POOL, type World } from "../world.ts";
import { agentOf } from "./links.ts";

/** The execution takes a call of the pool. */
export function answer(world: World, call: Call): void {
  const { effect } = call;
  const holder = { ...effect.lease, pool: POOL };
  const { epoch } = effect.lease;
  switch (effect.kind) {
    case "give": {
      const said = toExecution(world, { kind: "give", holder });
      const kind = said.kind === "given" ? "given" : "over";
      call.answers = [said.kind === "held" ? { kind: "held", epoch, by: said } : { kind, epoch }];
      break;
    }
    case "unlease": {
      const said = toExecution(world, { kind: "unlease", holder });
      const { why } = effect;
      call.answers = said.kind === "refused" ? [{ kind: "begun", epoch, why }] : [{ kind: "voided", epoch }];
      break;
    }
    case "abandon": {
      const said = toExecution(world, { kind: "abandon", holder });
      const { up, link, leases } = agentOf(world, holder.agent_id);
      const isLive =
        up && link?.greeted && leases.some((one) => one.epoch === epoch && one.phase === "begun");
      if (said.kind === "done" && isLive) world.live_abandoned = true;
      const { reason } = effect;
      call.answers =
        said.kind === "lease_lost" ? [{ kind: "unknown", epoch, reason }] : [{ kind: "abandoned", epoch }];
      break;
    }
    case "lost":
      if (holds(world, holder) && !isCompleted(world.execution.status)) world.grace = true;
      call.answers = [];
      break;
    case "claim":
    case "check": {
      const held = holds(world, holder);
      const runs = held && !isCompleted(world.execution.status);
      if (runs) world.grace = false;
      const { lease } = effect;
      const cancel = runs && world.execution.status === "canceling";
      if (effect.kind === "check")
        call.answers = [{ kind: "checked", lease, found: runs ? "runs" : held ? "ended" : "void" }];
      else call.answers = [held ? { kind: "mine", lease, runs, cancel } : { kind: "not_mine", lease }];
    }
  }
}

/** The answer of an object whose execution is deleted. */
const DELETED = {
  give: "over",
  unlease: "done",
  cancel: "refused",
  start: "lease_lost",
  expand: "lease_lost",
  end: "lease_lost",
  abandon: "lease_lost",
} as const;

function holds({ execution, deleted }: World, holder: LeaseHolder): boolean {
  return !deleted && isHolder(execution, holder);
}

/** Takes an event and stores the next state. An execution that completes must release its place in the pool. */
export function toExecution(world: World, event: Parameters<typeof stepLease>[1]) {
  if (world.deleted) return { kind: DELETED[event.kind] };
  const before = world.execution.status;
  const { state, answer } = stepLease(world.execution, event);
  world.execution = state;
  if (event.kind === "give" || event.kind === "unlease") world.grace = false;
  if (answer.kind === "canceled") world.canceled_unheld = true;
  completed(world, before, state.status);
  return answer;
}

/** The pool has answered that no agent has the execution. */
export function unheld(world: World): void {
  if (world.deleted || isCompleted(world.execution.status)) return;
  if (world.execution.started) world.grace = true;
  else {
    const before = world.execution.status;
    world.execution = { ...world.execution, status: "canceled" };
    world.canceled_unheld = true;
    completed(world, before, "canceled");
  }
}

function completed(world: World, before: Status, after: Status): void {
  if (before === after || !isCompleted(after)) return;
  world.completions += 1;
  world.grace = false;
  // Expanding it has freed its slot.
  if (!world.expanded) world.owed = "release";
}

/** Whether the execution may be in the queue. */
export function mayWait({ status }: World["execution"]): boolean {
  return status === "requested" || status === "scheduled";
}

/** The execution has waited too long, and its pool has removed it from the queue. */
export function timedOut(world: World): void {
  const { status } = world.execution;
  if (world.deleted || !mayWait(world.execution)) return;
  world.execution = { ...world.execution, status: "timeout" };
  completed(world, status, "timeout");
}

/** A request under a lease: a report of the process's start, of output or of the end. */
export function post(world: World, { kind, lease, first, last }: Late, status: Status) {
  const holder = { ...lease, pool: POOL };
  if (kind === "start") return toExecution(world, { kind, holder }).kind;
  if (kind === "expand") return expand(world, holder);
  if (kind === "append") return append(world, holder, first, last);
  // A repeated end is acknowledged again; an end with missing lines is refused.
  if (holds(world, holder) && !isCompleted(world.execution.status) && last !== world.lines) return "gap";
  return toExecution(world, { kind, holder, status }).kind;
}

function expand(world: World, holder: LeaseHolder) {
  const { kind } = toExecution(world, { kind: "expand", holder });
  if (kind !== "done") return kind;
  world.expanded = true;
  world.expansions += 1;
  world.grace = false;
  world.owed = "release";
  return kind;
}

/** The last of its children has ended. */
export function childrenEnded(world: World): void {
  const { status } = world.execution;
  const after = status === "canceling" ? "canceled" : "succeeded";
  world.execution = { ...world.execution, status: after };
  completed(world, status, after);
}

function append(world: World, holder: LeaseHolder, first: number, last: number) {
  if (!holds(world, holder)) return "lease_lost";
  if (isCompleted(world.execution.status)) return "ended";
  if (placeBatch(world.lines + 1, first + 1, last) === "gap") return "gap";
  world.lines = Math.max(world.lines, last);
  return "done";
}
