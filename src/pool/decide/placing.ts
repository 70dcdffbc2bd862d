import type { Counts, Limits } from "./limits.ts";
import { mayRun } from "./limits.ts";

/** Executions of one kind and one user that wait for an agent. `head` is the position of the oldest, if it is known. */
export interface Line {
  kind: string;
  user: string;
  waiting: number;
  head: number | undefined;
}

/** The inputs of a choice. */
export interface Choosing {
  /** Lines from which an execution may be given; each has its head. */
  lines: readonly Line[];
  /** Free slots by agent, without agents that have none. */
  free: ReadonlyMap<string, number>;
  /** The agents that can run a kind. */
  able: (kind: string) => ReadonlySet<string>;
  load: Counts;
  limits: Limits;
}

/** The line to give from, and the agent to give to. */
export interface Choice {
  line: Line;
  agent_id: string;
}

/**
 * Leases that one dispatch gives. Each writes in several objects, so the rest waits for the next dispatch, which follows
 * immediately.
 */
export const GIVEN_AT_ONCE_MAX = 16;

/**
 * The next lease to give. Of users with something to run, the user with the fewest running executions is first; of one user's
 * executions, the oldest; and the agent is the one with the most free slots of those that can run it.
 */
export function choose({ lines, free, able, load, limits }: Choosing): Choice | undefined {
  const agents = new Map<string, string | undefined>();
  const agentFor = (kind: string) => {
    if (!agents.has(kind)) agents.set(kind, freest(able(kind), free));
    return agents.get(kind);
  };
  let best: { line: Line; agent_id: string; running: number; head: number } | undefined;
  for (const line of lines) {
    if (line.waiting === 0 || !mayRun(line.user, load, limits)) continue;
    const running = load.runningOf(line.user);
    if (best && running > best.running) continue;
    const head = line.head ?? Number.POSITIVE_INFINITY;
    if (best && running === best.running && head >= best.head) continue;
    const agent_id = agentFor(line.kind);
    if (agent_id !== undefined) best = { line, agent_id, running, head };
  }
  return best && { line: best.line, agent_id: best.agent_id };
}

/** The agent with the most free slots among these; undefined if none has a free slot. */
export function freest(ids: ReadonlySet<string>, free: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let most = 0;
  // It goes through the smaller of the two.
  for (const id of ids.size < free.size ? ids : free.keys()) {
    const slots = ids.has(id) ? (free.get(id) ?? 0) : 0;
    if (slots > most) [best, most] = [id, slots];
  }
  return best;
}

/** The free slots of each agent that takes new work. */
export function freeSlots(
  agents: Iterable<{ agent_id: string; slots: number }>,
  unable: ReadonlyMap<string, string>,
  busyOf: (agentId: string) => number,
): Map<string, number> {
  const free = new Map<string, number>();
  for (const { agent_id, slots } of agents) {
    const left = unable.has(agent_id) ? 0 : slots - busyOf(agent_id);
    if (left > 0) free.set(agent_id, left);
  }
  return free;
}
