import type { Wanted } from "../objects/pool.ts";
import { runningRefusal, waitingRefusal } from "./decide/limits.ts";
import { agentsLack } from "./decide/reason.ts";
import type { PoolState } from "./state.ts";

/** Why an execution waits; undefined once an agent has it. */
export function waitingReason(pool: PoolState, executionId: string, wanted: Wanted): string | undefined {
  const { name, queue, agents, limits } = pool;
  const { load } = queue;
  const entry = queue.get(executionId);
  if (entry?.agent_id) return undefined;
  return (
    (entry ? undefined : waitingRefusal(name, wanted.user, load, limits)) ??
    runningRefusal(name, wanted.user, load, limits) ??
    agentsLack(name, agents.present(Date.now()), wanted, (id) => load.busyOf(id), pool.idled)?.text ??
    (pool.lacks_room ? "the server's disk is full except for a reserve" : undefined) ??
    `an agent in pool ${name} is about to take it`
  );
}

/** Why an execution may not wait here; undefined if it may, or has a place already. */
export function placeRefusal(pool: PoolState, executionId: string, wanted: Wanted): string | undefined {
  const { name, queue, limits } = pool;
  if (queue.get(executionId)) return undefined;
  queue.lapse(Date.now());
  return waitingRefusal(name, wanted.user, queue.load, limits);
}
