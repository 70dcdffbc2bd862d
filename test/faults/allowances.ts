import { type Allowances, NOTHING_ALLOWED } from "./facts.ts";
import type { Hit } from "./hits.ts";

/** Faults that end an agent's programs; the agent then reports it. */
const ENDS_PROGRAMS = ["agent killed", "agent told to stop", "agent killed as it starts"];

/** Faults that separate an agent from its pool for longer than a moment. */
const KEEPS_APART = [
  "connections refused",
  "delay",
  "throttle",
  "half-open",
  "black hole",
  "silence within a message",
  "message held up",
  "agent stopped",
  "server stopped",
  "server killed",
  "server told to stop",
  "server killed as it starts",
  "engine stopped",
  "engine killed",
  "server's disk full",
  "agent's disk full",
  "index disturbed",
  "pool aborted",
];

/** A grace time that no series of such faults outlasts. */
const GRACE_SECONDS_SAFE = 60;

/**
 * The effects that the faults of one agent, or of what it depends on, explain in its executions. A parent has no agent: its
 * children may have run on any.
 */
export function allowancesOf(
  agent: string | undefined,
  hits: readonly Hit[],
  grace_seconds: number,
): Allowances {
  const near = hits.filter(({ fault }) => agent === undefined || [agent, "server"].includes(fault.target));
  const had = (kinds: readonly string[]) => near.some(({ fault }) => kinds.includes(fault.kind));
  const ended = had(ENDS_PROGRAMS);
  const disk_full = had(["agent's disk full"]);
  const lost = grace_seconds < GRACE_SECONDS_SAFE && had(KEEPS_APART);
  return {
    ...NOTHING_ALLOWED,
    gap_reasons: [
      ...(ended ? ["agent_restarted"] : []),
      ...(lost ? ["agent_lost"] : []),
      ...(disk_full ? ["disk_full"] : []),
    ],
    abandoned: ended || lost,
    start_failure: disk_full,
    repeated: hits.some(({ fault }) => fault.kind === "request repeated"),
  };
}
