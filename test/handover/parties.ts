import {
  type LeaseEvent as AgentEvent,
  phaseAfterRestart,
  stepLease as stepAgent,
} from "../../agent/handover.ts";
import { isCompleted, type Status } from "../../protocol/base/status.ts";
import type { LeaseKey } from "../../protocol/wire/agent.ts";
import { placeBatch } from "../../protocol/wire/append.ts";
import { isHolder, stepLease } from "../../src/execution/decide/handover.ts";
import { leaseEventsOf } from "../../src/pool/decide/greeting.ts";
import { stepPlace } from "../../src/pool/decide/handover.ts";
import type { PlaceEffect, PlaceEvent } from "../../src/pool/decide/place.ts";
import {
  type AgentSays,
  type AgentWorld,
  type Call,
  type Late,
  type OwnLease,
  POOL,
  type PoolSays,
  type World,
} from "./world.ts";

/** Whether agents wait for the pool's word, as they do from version 3 on. */
export interface Rules {
  confirms: boolean;
}

/** Whether the pool takes an agent for connected. */
export function isConnected({ link, ghost }: AgentWorld): boolean {
  return link?.greeted === true || ghost?.greeted === true;
}

export function agentOf(world: World, id: string): AgentWorld {
  const agent = world.agents.find((one) => one.id === id);
  if (!agent) throw new Error(`no agent ${id}`);
  return agent;
}

/** Something happens to the place: it is stored, then the effects are brought about. */
export function toPlace(world: World, rules: Rules, event: PlaceEvent): PlaceEffect[] {
  const { place, effects } = stepPlace(world.place ?? undefined, event);
  world.place = place ?? null;
  for (const effect of effects) bring(world, rules, effect);
  return effects;
}

function bring(world: World, rules: Rules, effect: PlaceEffect): void {
  if (!("lease" in effect)) return;
  if (effect.kind !== "tell") {
    world.calls.push({ effect, answers: null, orphan: false });
    return;
  }
  const { what, lease } = effect;
  if (what === "confirmed" && !rules.confirms) return;
  const agent = agentOf(world, lease.agent_id);
  if (agent.link?.greeted) tellAgent(agent, { say: what, epoch: lease.epoch });
  else if (what === "lease" && !agent.ghost?.greeted)
    toPlace(world, rules, { kind: "away", lease, early: false, heard_ms: 0 });
}

/** One that waits to be read already says no more by being there twice. */
function tellAgent({ link }: AgentWorld, message: PoolSays): void {
  const last = link?.to_agent.at(-1);
  if (last?.say !== message.say || last.epoch !== message.epoch) link?.to_agent.push(message);
}

function tellPool({ link }: AgentWorld, message: AgentSays): void {
  const isThere = link?.to_pool.some((one) => JSON.stringify(one) === JSON.stringify(message));
  if (!isThere) link?.to_pool.push(message);
}

/** The pool reads a message of an agent. */
export function poolHears(
  world: World,
  rules: Rules,
  agent: AgentWorld,
  message: AgentSays,
  on: "link" | "ghost" = "link",
): void {
  const early = !rules.confirms;
  if (message.say !== "hello") {
    toPlace(world, rules, { kind: message.say, lease: { epoch: message.epoch, agent_id: agent.id }, early });
    return;
  }
  if (on === "ghost" && agent.ghost) agent.ghost.greeted = true;
  else {
    if (agent.link) agent.link.greeted = true;
    agent.ghost = null;
  }
  const { place } = world;
  const leases = message.epochs.map(keyOf);
  const should_hold = place?.agent_id === agent.id ? [keyOf(place.epoch)] : [];
  for (const { event } of leaseEventsOf(agent.id, { leases }, should_hold)) toPlace(world, rules, event);
}

function keyOf(epoch: number): LeaseKey {
  return { execution_id: "only", epoch };
}

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

/** What an object answers whose execution is deleted. */
const DELETED = {
  give: "over",
  unlease: "done",
  cancel: "refused",
  start: "lease_lost",
  end: "lease_lost",
  abandon: "lease_lost",
} as const;

function holds({ execution, deleted }: World, holder: Parameters<typeof isHolder>[1]): boolean {
  return !deleted && isHolder(execution, holder);
}

/** The execution steps, and stores what it comes to; one that completes owes its pool the release. */
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

/** Its pool has said that no agent has it. */
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
  world.owed = "release";
}

/** Whether the execution may be in the queue. */
export function mayWait({ status }: World["execution"]): boolean {
  return status === "requested" || status === "scheduled";
}

/** The execution has waited for too long, and its pool has taken it out of the queue. */
export function timedOut(world: World): void {
  const { status } = world.execution;
  if (world.deleted || !mayWait(world.execution)) return;
  world.execution = { ...world.execution, status: "timeout" };
  completed(world, status, "timeout");
}

/** What an agent's disk does not take, once. */
export type Failing = "keep" | "begin" | "give up" | undefined;

/** Something happens to a lease on its agent. */
export function toLease(
  world: World,
  rules: Rules,
  agent: AgentWorld,
  epoch: number,
  event: AgentEvent,
  { fails, stopping = false }: { fails?: Failing; stopping?: boolean } = {},
): void {
  const known = agent.leases.find((one) => one.epoch === epoch);
  const { phase, effects } = stepAgent(known?.phase ?? undefined, event, { ...rules, stopping });
  if (!known && phase === undefined && effects.length === 0) return;
  const lease = known ?? newLease(epoch);
  if (!known) agent.leases.push(lease);
  lease.phase = phase ?? null;
  for (const effect of effects) {
    if (effect === fails) {
      if (effect === "keep") lease.kept = false;
      toLease(world, rules, agent, epoch, effect === "give up" ? "stuck" : "unkept", { stopping });
      return;
    }
    if (effect === "keep") lease.kept = true;
    else if (effect === "hang up") cut(agent);
    else if (effect === "say accepted") tellPool(agent, { say: "accepted", epoch });
    else if (effect === "say declined") tellPool(agent, { say: "declined", epoch });
    else if (effect === "renew") lease.token = true;
    else if (effect === "cancel") lease.canceled = true;
    else if (effect === "give up") lease.program = "ended";
    else if (effect === "begin") {
      lease.has_begun = true;
      lease.token = true;
      lease.program = "running";
      world.starts += 1;
    }
  }
  if (phase === undefined) forget(agent, lease);
}

/** The agent reads a message of its pool. */
export function agentHears(
  world: World,
  rules: Rules,
  agent: AgentWorld,
  { say, epoch }: PoolSays,
  fails?: Failing,
): void {
  const EVENTS = {
    lease: "leased",
    confirmed: "confirmed",
    resume: "resumed",
    void: "void",
    cancel: "cancel",
  } as const;
  if (say === "lease")
    for (const other of [...agent.leases])
      if (other.epoch !== epoch) toLease(world, rules, agent, other.epoch, "void");
  toLease(world, rules, agent, epoch, EVENTS[say], { fails });
  const lease = agent.leases.find((one) => one.epoch === epoch);
  // The offer brings the token.
  if (say === "lease" && lease) lease.token = true;
}

/** One request under a lease: its process has started, or all is over. */
export function post(world: World, { kind, lease, first, last }: Late, status: Status) {
  const holder = { ...lease, pool: POOL };
  if (kind === "start") return toExecution(world, { kind, holder }).kind;
  if (kind === "append") return append(world, holder, first, last);
  // What was ended already is acknowledged again; an end that lacks lines is refused.
  if (holds(world, holder) && !isCompleted(world.execution.status) && last !== world.lines) return "gap";
  return toExecution(world, { kind, holder, status }).kind;
}

function append(world: World, holder: Parameters<typeof isHolder>[1], first: number, last: number) {
  if (!holds(world, holder)) return "lease_lost";
  if (isCompleted(world.execution.status)) return "ended";
  if (placeBatch(world.lines + 1, first + 1, last) === "gap") return "gap";
  world.lines = Math.max(world.lines, last);
  return "done";
}

/** What the agent has sent may still arrive; what was sent to it does not. */
export function cut(agent: AgentWorld): void {
  const { link } = agent;
  if (link && (link.greeted || !agent.ghost?.greeted))
    agent.ghost = { greeted: link.greeted, to_pool: link.to_pool };
  agent.link = null;
}

export function forget(agent: AgentWorld, lease: OwnLease): void {
  agent.leases = agent.leases.filter((one) => one !== lease);
}

/** The agent's process is there again, and finds what is on its disk. What was running it ends. */
export function restart(agent: AgentWorld): void {
  agent.up = true;
  agent.leases = agent.leases.filter(({ kept }) => kept);
  for (const lease of agent.leases) {
    lease.phase = phaseAfterRestart(lease.has_begun);
    if (lease.has_begun) lease.program = "ended";
  }
}

function newLease(epoch: number): OwnLease {
  return {
    epoch,
    phase: null,
    kept: false,
    has_begun: false,
    token: false,
    canceled: false,
    program: "none",
    started: false,
    written: 0,
    acknowledged: 0,
  };
}
