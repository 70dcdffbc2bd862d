import {
  type LeaseEvent as AgentEvent,
  phaseAfterRestart,
  stepLease as stepAgent,
} from "../../../agent/handover.ts";
import type { AgentWorld, OwnLease, PoolSays, Rules, World } from "../world.ts";
import { cut, tellPool } from "./links.ts";

/** The write that an agent's disk refuses once. */
export type Failing = "keep" | "begin" | "give up" | undefined;

/** Takes an event of a lease on its agent. */
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

export function forget(agent: AgentWorld, lease: OwnLease): void {
  agent.leases = agent.leases.filter((one) => one !== lease);
}

/** The agent's process restarts: it reads its disk, and ends the programs that were running. */
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
