import { breathe } from "../base/portions.ts";
import { hasRoom } from "../storage/disk.ts";
import { take } from "./act.ts";
import type { Agent } from "./decide/agent.ts";
import { isCalm, watchIn_ms } from "./decide/loss.ts";
import type { PlaceEffect } from "./decide/place.ts";
import { choose, freeSlots, freest, GIVEN_AT_ONCE_MAX, type Line } from "./decide/placing.ts";
import { deliver } from "./deliver.ts";
import type { PoolState } from "./state.ts";

/** How soon the pool looks for room on the disk again. */
const ROOM_RETRY_MS = 2_000;

/** A lease that is stored in the queue and is to be given. */
interface Given {
  execution_id: string;
  agent_id: string;
  effects: PlaceEffect[];
  offer: object;
}

/**
 * Gives waiting executions to agents that can run them: of one kind, if nothing else has changed, or of all kinds. Sets the
 * alarm.
 */
export async function dispatch(pool: PoolState, kind?: string): Promise<void> {
  await giveWaiting(pool, kind);
  await watchNext(pool, undefined);
}

/** The same at the pool's own look, after which calm leases need none for as long as the grace time. */
export async function dispatchCalmly(pool: PoolState): Promise<void> {
  await giveWaiting(pool, undefined);
  const { queue, agents, env } = pool;
  const { ids } = agents;
  const is_calm = queue
    .leased()
    .every((entry) => isCalm(entry, entry.agent_id !== null && ids.has(entry.agent_id)));
  await watchNext(pool, is_calm ? Number(env.LEASE_GRACE_SECONDS) * 1000 : undefined);
}

async function watchNext(pool: PoolState, calm_ms: number | undefined): Promise<void> {
  const now_ms = Date.now();
  const { load } = pool.queue;
  const in_ms = watchIn_ms({
    running: load.running,
    waiting: load.waiting,
    has_silent: load.waiting > 0 && pool.agents.silent(now_ms).length > 0,
    quiet_ms: pool.agents.quiet_ms(now_ms),
    calm_ms,
    setback_ms: pool.setbacks.wait_ms(now_ms),
  });
  if (in_ms !== undefined) await pool.watch(in_ms);
}

async function giveWaiting(pool: PoolState, kind: string | undefined): Promise<void> {
  for (;;) {
    // A long queue would use up the reserve of a local server's disk, which is for the ends of runs.
    pool.lacks_room = pool.queue.load.waiting > 0 && !(await hasRoom(pool.env));
    if (pool.lacks_room) return pool.watch(ROOM_RETRY_MS);
    const present = pool.agents.present(Date.now());
    const free = freeSlots(present, pool.idled, (id) => pool.queue.load.busyOf(id));
    if (free.size === 0) return;
    const given = leaseNext(pool, present, free, kind);
    const are_given = await giveAll(pool, given);
    if (given.length < GIVEN_AT_ONCE_MAX && are_given) return;
    await breathe();
  }
}

/** Leases a portion of the waiting executions in the queue. All leases are stored before any is given. */
function leaseNext(
  pool: PoolState,
  present: readonly Agent[],
  free: Map<string, number>,
  kind: string | undefined,
): Given[] {
  const { queue, able, limits } = pool;
  const { load } = queue;
  const left_out = pool.setbacks.ids(Date.now());
  able.see(present);
  const kinds = kind === undefined ? [...load.kinds] : [kind];
  let lines: Line[] = kinds.flatMap((one) =>
    freest(able.of(one), free) === undefined ? [] : [...load.linesOf(one)],
  );
  const given: Given[] = [];
  while (given.length < GIVEN_AT_ONCE_MAX) {
    for (const line of lines) if (line.waiting > 0) queue.headOf(line);
    const choice = choose({ lines, free, able: (one) => able.of(one), load, limits });
    if (!choice) break;
    const { line, agent_id } = choice;
    const execution_id = queue.oldest(line, left_out)?.execution_id;
    if (execution_id === undefined) lines = lines.filter((other) => other !== line);
    else {
      const effects = queue.step(execution_id, { kind: "chosen", agent_id });
      given.push({ execution_id, agent_id, effects, offer: pool.offers.begin(execution_id) });
      free.set(agent_id, (free.get(agent_id) ?? 0) - 1);
    }
  }
  able.prune((one) => load.hasKind(one));
  return given;
}

/**
 * Gives each agent its leases in the order in which they were chosen. An execution that answers slowly does not delay other
 * agents. False: an execution is not run under its lease, so its slot is free again.
 */
async function giveAll(pool: PoolState, given: readonly Given[]): Promise<boolean> {
  let are_given = true;
  const by_agent = Map.groupBy(given, ({ agent_id }) => agent_id);
  await Promise.all(
    [...by_agent.values()].map(async (of_agent) => {
      for (const one of of_agent) if (!(await giveOne(pool, one))) are_given = false;
    }),
  );
  return are_given;
}

async function giveOne(pool: PoolState, { execution_id, effects, offer }: Given): Promise<boolean> {
  let is_given = true;
  for (const effect of effects) {
    const answer = await deliver(pool, execution_id, effect);
    if (!pool.offers.end(execution_id, offer) || !answer) continue;
    if (answer.event.kind === "over" || answer.event.kind === "held") is_given = false;
    await take(pool, execution_id, answer);
  }
  return is_given;
}
