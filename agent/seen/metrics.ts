import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gauge, type Metric } from "../../protocol/base/metrics.ts";
import { VERSION } from "../../protocol/base/version.ts";
import { meter } from "../base/meter.ts";

/** An agent as it is now. */
export interface AgentStanding {
  /** Whether its pool has welcomed it, and the connection is open. */
  connected: boolean;
  /** Why it takes no new work; undefined if it does. */
  unable: string | undefined;
  draining: boolean;
  slots: number;
  running: number;
  /** Leases by their phase. */
  leases: Record<string, number>;
  /** The folder of its spools. */
  spools: string;
  clock_skew_ms: number | undefined;
}

/** The agent in numbers. Its spool is measured on disk. */
export function agentMetrics(standing: AgentStanding): Metric[] {
  const { connected, unable, draining, slots, running, leases, spools, clock_skew_ms } = standing;
  return [
    gauge("tailrace_agent_build_info", "The version of the agent.", [
      { labels: { version: VERSION }, value: 1 },
    ]),
    gauge("tailrace_agent_connected", "Whether the agent is connected to its pool.", Number(connected)),
    gauge(
      "tailrace_agent_unable",
      "Whether it takes no new work, for example because of a full disk.",
      Number(unable !== undefined && !draining),
    ),
    gauge("tailrace_agent_draining", "Whether it stops once its runs have ended.", Number(draining)),
    gauge("tailrace_agent_slots", "Executions that it may run at the same time.", slots),
    gauge("tailrace_agent_running", "Runs, also those whose end the server does not have yet.", running),
    gauge(
      "tailrace_agent_leases",
      "Leases, by their phase.",
      Object.entries(leases).map(([phase, value]) => ({ labels: { phase }, value })),
    ),
    gauge("tailrace_agent_spool_bytes", "Bytes in the spools on disk.", folderBytes(spools)),
    gauge(
      "tailrace_agent_clock_skew_seconds",
      "How far the host's clock was ahead of the server's at the last comparison.",
      (clock_skew_ms ?? 0) / 1000,
    ),
    gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    {
      ...gauge("process_cpu_seconds_total", "Processor time of the agent itself.", cpuSeconds()),
      kind: "counter",
    },
    gauge("process_start_time_seconds", "When the agent was started.", Date.now() / 1000 - process.uptime()),
    ...Object.values(meter).map(({ metric }) => metric),
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A file may be gone by the time that it is looked at. */
function folderBytes(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0)
      .reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}
