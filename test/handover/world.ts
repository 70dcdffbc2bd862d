import type { LeasePhase } from "../../agent/handover.ts";
import type { LeaseState } from "../../src/execution/decide/handover.ts";
import type { Lease, Place, PlaceEffect, PlaceEvent } from "../../src/pool/decide/place.ts";

/** The messages of agent and pool over a connection, about the only execution. */
export type AgentSays = { say: "hello"; epochs: number[] } | { say: "accepted" | "declined"; epoch: number };
export interface PoolSays {
  say: "lease" | "confirmed" | "resume" | "void" | "cancel";
  epoch: number;
}

/** A call of the pool to the execution: the request or the answer is under way. Calls overtake each other. */
export interface Call {
  effect: Extract<PlaceEffect, { kind: "give" | "unlease" | "abandon" | "lost" | "claim" | "check" }>;
  answers: PlaceEvent[] | null;
  /** The pool has restarted since the call, or has made a later offer: the answer does not count. */
  orphan: boolean;
}

/** A lease on its agent: its memory, its files, and its program. */
export interface OwnLease {
  epoch: number;
  phase: LeasePhase | null;
  kept: boolean;
  has_begun: boolean;
  token: boolean;
  canceled: boolean;
  program: "none" | "running" | "ended";
  started: boolean;
  /** Lines that the program has written to the spool, and those of them that the server has acknowledged. */
  written: number;
  acknowledged: number;
}

export interface AgentWorld {
  id: string;
  up: boolean;
  revoked: boolean;
  leases: OwnLease[];
  /** Its connection, in order each way; `greeted` once the pool has its hello. */
  link: { greeted: boolean; to_pool: AgentSays[]; to_agent: PoolSays[] } | null;
  /** A connection that the agent has lost and the pool still has, with its late messages. */
  ghost: { greeted: boolean; to_pool: AgentSays[] } | null;
}

/** A request under a lease that arrives after its agent has given it up. */
export interface Late {
  kind: Posted;
  lease: Lease;
  /** The lines of an append: those after `first`, up to `last`. */
  first: number;
  last: number;
}

export type Posted = "start" | "expand" | "append" | "end";

/** How often events that are no faults may still happen. */
export interface Left {
  cancels: number;
  revocations: number;
  timeouts: number;
  deletions: number;
  lines: number;
  /** Whether the execution is to be created first, in a place that is reserved for it. */
  creations: number;
}

/** Whether agents wait for the pool's confirmation, as they do from version 3 on. */
export interface Rules {
  confirms: boolean;
}

/** One execution, its pool and its agents: everything that is stored, in memory, or under way. */
export interface World {
  execution: LeaseState;
  created: boolean;
  /** The action is for several hosts: its agent expands the execution, and starts no program. */
  is_for_hosts: boolean;
  /** Its children run, and end it. */
  expanded: boolean;
  /** The execution does not exist any more. */
  deleted: boolean;
  /** Lines in its log. */
  lines: number;
  /** The time in the queue is over: the pool must be asked until it answers, or its answer is under way. */
  timeout: "due" | { withdrawn: boolean } | null;
  grace: boolean;
  owed: "enqueue" | "cancel" | "release" | null;
  /** A call that arrives after it was given up. */
  late_enqueue: boolean;
  /** The pool's answer to the cancel, while it is under way. */
  reply: { held: boolean } | null;
  place: Place | null;
  /** A lease that the pool has listed with others, and handles after them. */
  noted: { kind: "away" | "overdue" | "revoked"; lease: Lease } | null;
  calls: Call[];
  agents: AgentWorld[];
  late: Late[];
  /** How often a program was started, and how often the execution completed. */
  starts: number;
  completions: number;
  expansions: number;
  /** The execution has not learned that its agent is back: the call failed. */
  claim_lost: boolean;
  /** It counts as canceled, and no agent has said so. */
  canceled_unheld: boolean;
  /** It was abandoned while the agent that had begun it was up and connected. */
  live_abandoned: boolean;
  /** The log lacks a line that was acknowledged, or that the program had written when its agent ended the execution. */
  lost_lines: boolean;
  faults_left: number;
  left: Left;
}

export const POOL = "default";

export const NONE_LEFT: Left = {
  cancels: 0,
  revocations: 0,
  timeouts: 0,
  deletions: 0,
  lines: 0,
  creations: 0,
};

export function newWorld(faults: number, left: Partial<Left> = {}, is_for_hosts = false): World {
  const { creations = 0 } = left;
  return {
    created: creations === 0,
    is_for_hosts,
    expanded: false,
    execution: { pool: POOL, status: "requested", started: false, lease: null },
    deleted: false,
    lines: 0,
    timeout: null,
    grace: false,
    owed: null,
    late_enqueue: false,
    reply: null,
    place: creations === 0 ? { phase: "waiting", epoch: 0, agent_id: null } : null,
    noted: null,
    calls: [],
    agents: ["a", "b"].map((id) => ({ id, up: true, revoked: false, leases: [], link: null, ghost: null })),
    late: [],
    starts: 0,
    completions: 0,
    expansions: 0,
    claim_lost: false,
    canceled_unheld: false,
    live_abandoned: false,
    lost_lines: false,
    faults_left: faults,
    left: { ...NONE_LEFT, cancels: 1, ...left },
  };
}

export function copyOf(world: World): World {
  return JSON.parse(JSON.stringify(world)) as World;
}
