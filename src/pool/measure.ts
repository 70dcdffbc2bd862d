import type { PoolMeasures } from "../objects/pool.ts";
import { needsOf } from "./decide/kind.ts";
import { mayRun } from "./decide/limits.ts";
import type { Line } from "./decide/placing.ts";
import { agentsLack } from "./decide/reason.ts";
import type { PoolState } from "./state.ts";

/** The pool in numbers. It reads the heads of the queue's lines and the leases, and changes nothing. */
export function measure(pool: PoolState, now_ms: number): PoolMeasures {
  const { queue, agents, roster } = pool;
  const { load } = queue;
  const present = agents.present(now_ms);
  const { unable } = agents;
  const drained = present.filter(({ agent_id }) => roster.drained.has(agent_id)).length;
  const refusing = present.filter(
    ({ agent_id }) => unable.has(agent_id) && !roster.drained.has(agent_id),
  ).length;
  return {
    waiting: waitingByWhy(pool, now_ms),
    oldest_waiting_ms: oldestWait_ms(pool, now_ms),
    leases: queue.phases(),
    agents: { ready: present.length - drained - refusing, unable: refusing, drained },
    slots: present.reduce((sum, { slots }) => sum + slots, 0),
    busy: load.running,
  };
}

/** Executions whose place is reserved are not created yet, and count as `reserved`. */
function waitingByWhy(pool: PoolState, now_ms: number): Record<string, number> {
  const { queue, agents, name, idled } = pool;
  const { load } = queue;
  const present = agents.present(now_ms);
  const waiting: Record<string, number> = {};
  let left = load.waiting;
  for (const kind of load.kinds) {
    const lack = agentsLack(name, present, needsOf(kind), (id) => load.busyOf(id), idled)?.kind;
    for (const line of load.linesOf(kind)) {
      const why = limitOf(pool, line) ?? lack ?? (pool.lacks_room ? "no_room" : "starting");
      waiting[why] = (waiting[why] ?? 0) + line.waiting;
      left -= line.waiting;
    }
  }
  if (left > 0) waiting.reserved = left;
  return waiting;
}

/** The limit that keeps a line waiting, if one does. */
function limitOf({ queue: { load }, limits }: PoolState, { user }: Line): string | undefined {
  if (mayRun(user, load, limits)) return undefined;
  return load.running >= limits.pool_running_max ? "pool_limit" : "user_limit";
}

function oldestWait_ms({ queue }: PoolState, now_ms: number): number | null {
  const { load } = queue;
  let since_ms: number | undefined;
  for (const kind of load.kinds)
    for (const line of load.linesOf(kind)) {
      const began_ms = queue.oldest(line)?.phase_ms;
      if (began_ms !== undefined) since_ms = Math.min(since_ms ?? began_ms, began_ms);
    }
  return since_ms === undefined ? null : Math.max(0, now_ms - since_ms);
}
