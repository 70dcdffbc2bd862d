import type { Labels } from "../../protocol/model/label.ts";
import type { AgentState, Drained } from "../../protocol/wire/agent-state.ts";

/** An execution's requirements on its agent. */
export interface Needs {
  runner: string;
  /** Empty if it is not known: the first release did not store it. */
  pack: string;
  labels: Labels;
}

/** The same, with the user of the execution. */
export interface Wanted extends Needs {
  user: string;
}

/**
 * What a pool knows about a lease's agent. `holding`: the agent is connected, was heard lately, and has the lease in this pool,
 * which reports when it loses the agent. `connected`: the same, but the pool does not know the lease. `away`: it is not connected.
 */
export type Presence = "holding" | "connected" | "away";

/** A pool in numbers. */
export interface PoolMeasures {
  /** Waiting executions by the word for why they wait. */
  waiting: Record<string, number>;
  /** How long the execution at the head of the queue has waited; null without one. */
  oldest_waiting_ms: number | null;
  /** Leases by their phase. */
  leases: Record<string, number>;
  /** Connected agents: ready for work, taking none by their own word, and drained by an administrator. */
  agents: { ready: number; unable: number; drained: number };
  slots: number;
  busy: number;
}

/** The methods of a pool's object. */
export interface PoolStub {
  /**
   * Reserves a place in the queue until `until_ms` for an execution that is about to be created. Returns the reason if a
   * limit refuses it.
   */
  reserve(executionId: string, wanted: Wanted, until_ms: number): Promise<string | undefined>;
  /** Why a user may start no further execution that waits here; undefined if the user may. */
  refusal(executionId: string, wanted: Wanted): Promise<string | undefined>;
  /** Puts an execution into the queue. Safe to repeat. False, with nothing done, if it has no place and a limit refuses it. */
  enqueue(executionId: string, wanted: Wanted): Promise<boolean>;
  /** Why an execution waits; undefined once an agent has it. */
  waiting(executionId: string, wanted: Wanted): Promise<string | undefined>;
  /** Takes an execution that has waited too long out of the queue, and says why it waited; undefined once an agent has it. */
  withdraw(executionId: string, wanted: Wanted): Promise<string | undefined>;
  /** Tells the agent that runs the execution to end it. False: no agent holds it, and none will get it. */
  cancel(executionId: string): Promise<boolean>;
  /** The execution has completed: its slot is free. */
  release(executionId: string): Promise<void>;
  /** Tells the agent that runs the execution how long to gather output. */
  flush(executionId: string, flush_ms: number): Promise<void>;
  /** What the pool knows about the agent of a lease. */
  presence(executionId: string, lease: { epoch: number; agent_id: string }): Promise<Presence>;
  /** The connected agents. */
  agents(): Promise<AgentState[]>;
  /**
   * Takes an agent into the roster. It gets a new id, or keeps the id that it had before agents had identities, if no other
   * agent has that id and this pool has given it work. Undefined: the roster is full.
   */
  enroll(legacyId?: string): Promise<string | undefined>;
  /** Takes an agent out of the roster again, because its registration failed. */
  strike(agentId: string): Promise<void>;
  /** Answers once the object has read its storage. */
  ready(): Promise<void>;
  /** The pool in numbers. */
  measure(): Promise<PoolMeasures>;
  /** The drained agents by their ids, connected or not. */
  drained(): Promise<Record<string, Drained>>;
  /** Gives the agent no new work from now on, and takes back what it was only offered. Safe to repeat. */
  drain(agentId: string, by: string): Promise<void>;
  /** Gives the agent work again. Safe to repeat. */
  resume(agentId: string): Promise<void>;
  /** The agent is revoked. Safe to repeat. */
  dismiss(agentId: string): Promise<void>;
  /** An agent connects. The Worker has checked its secret, or the pool's key. */
  fetch(request: Request): Promise<Response>;
  /** Closes the agents' sockets of a credential: it is void. */
  drop(credential: string): Promise<void>;
  /** How many agents' sockets of a credential are open. */
  openOf(credential: string): Promise<number>;
}

/** The object of a pool. */
export function poolStub(env: Env, name: string): PoolStub {
  return env.RUNNER_POOL.getByName(name) as unknown as PoolStub;
}
