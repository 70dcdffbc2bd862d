import type { Able } from "./able.ts";
import { type Limits, runningRefusal } from "./limits.ts";
import type { Line } from "./load.ts";
import type { Entry, Queue } from "./queue.ts";

/** Where a dispatch takes its work from, and whom it may give it to. */
export interface Placing {
  pool: string;
  queue: Queue;
  able: Able;
  /** Free slots by agent: agents without any are left out. */
  free: Map<string, number>;
  limits: Limits;
  /** Executions that are not to be given now. */
  left_out: readonly string[];
}

/**
 * Gives what waits to agents with free slots, in the queue: an execution to the agent that can run it with most slots free; of users with
 * something to run, to the one of whom least runs; of one user's, the oldest first. Gives the leases. One kind, or all.
 */
export function place(placing: Placing, kind?: string): Entry[] {
  const { queue, free, left_out } = placing;
  const kinds = kind === undefined ? [...queue.load.kinds] : [kind];
  let lines = kinds.flatMap((one) =>
    agentFor(placing, one) === undefined ? [] : [...queue.load.linesOf(one)],
  );
  const given: Entry[] = [];
  while (lines.length > 0 && given.length < GIVEN_AT_ONCE_MAX) {
    lines = lines.filter((line) => mayRunMore(placing, line));
    const line = first(queue, lines);
    const agent = line && agentFor(placing, line.kind);
    if (line && agent === undefined) lines = lines.filter((other) => other.kind !== line.kind);
    if (!line || agent === undefined) continue;
    const entry = queue.leaseOldest(line, agent, left_out);
    if (!entry) lines = lines.filter((other) => other !== line);
    if (!entry) continue;
    given.push(entry);
    free.set(agent, (free.get(agent) ?? 0) - 1);
  }
  return given;
}

/** Leases that one dispatch gives, each of which writes in several objects: what is left waits for the next, which follows. */
export const GIVEN_AT_ONCE_MAX = 16;

function mayRunMore({ pool, queue, limits }: Placing, { user, waiting }: Line): boolean {
  return waiting > 0 && runningRefusal(pool, user, queue.load, limits) === undefined;
}

/** The agent for a kind: of those with a free slot the one with most. */
function agentFor({ able, free }: Placing, kind: string): string | undefined {
  const ids = able.of(kind);
  let best: string | undefined;
  let most = 0;
  // The smaller of the two is gone through.
  for (const id of ids.size < free.size ? ids : free.keys()) {
    const slots = ids.has(id) ? (free.get(id) ?? 0) : 0;
    if (slots > most) [best, most] = [id, slots];
  }
  return best;
}

/** The line whose turn it is. */
function first(queue: Queue, lines: Line[]): Line | undefined {
  let best: { line: Line; running: number; head: number } | undefined;
  for (const line of lines) {
    const running = queue.load.runningOf(line.user);
    if (best && running > best.running) continue;
    const head = queue.headOf(line) ?? Number.POSITIVE_INFINITY;
    if (!best || running < best.running || head < best.head) best = { line, running, head };
  }
  return best?.line;
}
