import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import * as v from "valibot";
import { perLinePrice, priceOf } from "../cost/prices.ts";
import { burst, type Counted, type CountedWorld, idleAgent, quiet, steady } from "../cost/scenarios.ts";
import type { Counts } from "../counting-worker/counts.ts";
import { startTailrace } from "../systems/tailrace.ts";
import { startAgent, stopAgent } from "./agent.ts";

const COUNTING_WORKER = resolve(import.meta.dirname, "../counting-worker/worker.ts");
const BURST_LINES = 1_000;
const MICRO = 1_000_000;

/** A scenario of the bill. The values' names are their units. */
interface Scenario {
  measure: (world: CountedWorld) => Promise<Record<string, number>>;
  /** Settings that differ from an account's. */
  vars?: Record<string, number>;
}

/** The scenarios by name. `quick` measures for a shorter time. */
export function costScenarios(quick: boolean): Record<string, Scenario> {
  const measure_ms = quick ? 10_000 : 30_000;
  const steadily = (lines_per_second: number) => async (world: CountedWorld) => {
    const { p50_ms, first_ms, ...counted } = await steady(world, lines_per_second, measure_ms);
    return { ...besidePerLine(counted), "p50 ms": p50_ms, "first line after quiet, ms": first_ms };
  };
  const unlimited = { APPENDS_PER_SECOND: 0 };
  return {
    [`cost of ${BURST_LINES} lines at once`]: {
      measure: async (world) => besidePerLine(await burst(world, BURST_LINES, 10)),
    },
    "cost of 100 lines/s watched by two": { measure: steadily(100) },
    "cost of 20 lines/s watched by two": { measure: steadily(20) },
    "cost of 100 lines/s watched by two, no budget": { measure: steadily(100), vars: unlimited },
    "cost of 20 lines/s watched by two, no budget": { measure: steadily(20), vars: unlimited },
    "cost of a short execution": { measure: async (world) => billed((await burst(world, 1, 10)).counts) },
    "cost of an hour, idle agent and ended execution": {
      measure: async (world) => billed(await idleAgent(world, measure_ms)),
    },
    "cost of an hour, quiet execution": {
      measure: async (world) => billed(await quiet(world, measure_ms, false)),
    },
    "cost of an hour, quiet execution with a follower": {
      measure: async (world) => billed(await quiet(world, measure_ms, true)),
    },
  };
}

/** Runs a scenario on a server of its own with an account's settings, and a real agent. */
export async function cost({ measure, vars = {} }: Scenario): Promise<Record<string, number>> {
  const server = await startTailrace(undefined, 0, {
    entry: COUNTING_WORKER,
    vars: { APPENDS_PER_SECOND: accountAppends(), ...vars },
  });
  const agent = await startAgent(server);
  const { url, client } = server;
  const measured = await measure({ url, client, agent_state: agent.state });
  await stopAgent(agent);
  await server.stop();
  return measured;
}

/** The budget that an account has unless it is changed. */
function accountAppends(): number {
  const settings = parse(readFileSync(resolve(import.meta.dirname, "../../wrangler.toml"), "utf8"));
  return v.parse(v.object({ vars: v.object({ APPENDS_PER_SECOND: v.number() }) }), settings).vars
    .APPENDS_PER_SECOND;
}

function besidePerLine({ counts, lines }: Counted): Record<string, number> {
  const share = priceOf(counts) / perLinePrice(lines);
  return {
    ...billed(counts),
    "millionths of a dollar with a request and a row per line": perLinePrice(lines) * MICRO,
    "share of that": share,
    "one part in": 1 / share,
  };
}

function billed(counts: Counts): Record<string, number> {
  return {
    "Worker requests": counts.worker_requests,
    "object requests": counts.object_requests,
    "object messages": counts.object_messages,
    "object rows read": counts.object_rows_read,
    "object rows written": counts.object_rows_written,
    "D1 rows read": counts.d1_rows_read,
    "D1 rows written": counts.d1_rows_written,
    "rows of the audit log": counts.audit_rows_written,
    "object seconds": counts.object_ms / 1000,
    "millionths of a dollar": priceOf(counts) * MICRO,
  };
}
