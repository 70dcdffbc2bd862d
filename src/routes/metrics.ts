import { gauge, type Metric, type Sample } from "../../protocol/base/metrics.ts";
import { VERSION } from "../../protocol/base/version.ts";
import { isolateMetrics } from "../base/isolate.ts";
import { answered } from "../index/answered.ts";
import { measureIndex } from "../index/measures.ts";
import { type PoolMeasures, poolStub } from "../objects/pool.ts";

/** How long a pool may take. A pool that is late has no numbers, and `tailrace_pool_up` is 0. */
const POOL_MS_MAX = 5_000;

/** Pools that are asked. More have no numbers. */
const POOLS_MAX = 200;

interface Measured {
  pool: string;
  /** Agents that are registered. */
  agents: number;
  measures: PoolMeasures | undefined;
}

/** The server in numbers: from the index, from each pool, and from the isolate that answers. No execution is woken. */
export async function serverMetrics(env: Env): Promise<Metric[]> {
  const { executions, pools } = await measureIndex(env.INDEX);
  const measured = await Promise.all(
    pools.slice(0, POOLS_MAX).map(async ({ pool, agents }): Promise<Measured> => {
      const measures = await answered(poolStub(env, pool).measure(), POOL_MS_MAX).catch(() => undefined);
      return { pool, agents, measures };
    }),
  );
  return [
    gauge("tailrace_build_info", "The version of the server.", [{ labels: { version: VERSION }, value: 1 }]),
    gauge(
      "tailrace_executions",
      "Executions that are kept, by status.",
      executions.map(({ status, count }) => ({ labels: { status }, value: count })),
    ),
    ...poolMetrics(measured),
    ...isolateMetrics(),
  ];
}

function poolMetrics(measured: readonly Measured[]): Metric[] {
  const known = measured.flatMap(({ pool, agents, measures }) =>
    measures === undefined ? [] : [{ pool, registered: agents, ...measures }],
  );
  const byPool = (numberOf: (pool: (typeof known)[number]) => number): Sample[] =>
    known.map((one) => ({ labels: { pool: one.pool }, value: numberOf(one) }));
  const byLabel = (label: string, countsOf: (pool: (typeof known)[number]) => Record<string, number>) =>
    known.flatMap((one) =>
      Object.entries(countsOf(one)).map(
        ([name, value]): Sample => ({ labels: { pool: one.pool, [label]: name }, value }),
      ),
    );
  return [
    gauge(
      "tailrace_pool_up",
      "Whether the pool has answered.",
      measured.map(({ pool, measures }) => ({ labels: { pool }, value: measures === undefined ? 0 : 1 })),
    ),
    gauge(
      "tailrace_queue_waiting",
      "Executions that wait for an agent, by why they wait.",
      byLabel("why", ({ waiting }) => waiting),
    ),
    gauge(
      "tailrace_queue_oldest_seconds",
      "How long the oldest execution of the queue has waited.",
      byPool(({ oldest_waiting_ms }) => (oldest_waiting_ms ?? 0) / 1000),
    ),
    gauge(
      "tailrace_leases",
      "Leases of agents, by their phase.",
      byLabel("phase", ({ leases }) => leases),
    ),
    gauge(
      "tailrace_agents",
      "Registered agents: ready, unable (by their own word), drained (by an administrator), or away.",
      byLabel("state", ({ agents, registered }) => ({ ...agents, away: awayOf(agents, registered) })),
    ),
    gauge(
      "tailrace_slots",
      "Slots of the connected agents.",
      byPool(({ slots }) => slots),
    ),
    gauge(
      "tailrace_slots_busy",
      "Slots in use, also those of agents that are away.",
      byPool(({ busy }) => busy),
    ),
  ];
}

/** Agents of the first release are connected without being registered. */
function awayOf({ ready, unable, drained }: PoolMeasures["agents"], registered: number): number {
  return Math.max(0, registered - ready - unable - drained);
}
