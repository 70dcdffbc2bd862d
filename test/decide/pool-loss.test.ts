import { describe, expect, it } from "vitest";
import { isCalm, lossOf, missedAt_ms, type Watched, watchIn_ms } from "../../src/pool/decide/loss.ts";
import type { LeasedPhase, Place } from "../../src/pool/decide/place.ts";

const LEASE = { epoch: 2, agent_id: "a" };

function placed(phase: LeasedPhase, phase_ms = 0): Place & { phase_ms: number } {
  return { phase, ...LEASE, phase_ms };
}

describe("a look at a lease", () => {
  it.each<[string, Place & { phase_ms: number }, boolean, number, string | undefined]>([
    ["whose agent is away", placed("accepted"), false, 1, "away"],
    ["that runs", placed("accepted"), true, 1_000_000, undefined],
    ["that was offered just now", placed("offered"), true, 30_000, undefined],
    ["that has been offered for too long", placed("offered"), true, 30_001, "overdue"],
    ["that was offered before the clock was set back", placed("offered", 90_000), true, 0, "overdue"],
    ["that is withdrawn", placed("withdrawn"), true, 1, "overdue"],
    ["that is forgotten", placed("forgotten"), true, 1, "overdue"],
    ["that is claimed", placed("claimed"), true, 1, "overdue"],
    ["that no agent has", { phase: "waiting", epoch: 2, agent_id: null, phase_ms: 0 }, false, 1, undefined],
  ])("%s", (_, place, connected, now_ms, found) => {
    expect(lossOf(place, { connected, early: false, now_ms })?.kind).toBe(found);
  });

  it("counts the grace time of a silent agent from the moment when it was missed, at the latest from now", () => {
    const in_time_ms = missedAt_ms(0, 1_000_000);
    expect(in_time_ms).toBeGreaterThan(0);
    expect(missedAt_ms(1_000_000, 1_000_001)).toBe(1_000_001);
  });
});

describe("a lease", () => {
  it.each<[string, Place, boolean, boolean]>([
    ["that runs is calm", placed("accepted"), true, true],
    ["whose agent is away is not", placed("accepted"), false, false],
    ["that is not accepted is not", placed("offered"), true, false],
    ["that is to be abandoned is not", placed("forgotten"), true, false],
  ])("%s", (_, place, connected, calm) => {
    expect(isCalm(place, connected)).toBe(calm);
  });
});

describe("the pool's next look", () => {
  const idle: Watched = {
    running: 0,
    waiting: 0,
    has_silent: false,
    quiet_ms: undefined,
    setback_ms: undefined,
  };
  it.each<[string, Partial<Watched>, number | undefined]>([
    ["is not needed while nothing runs", {}, undefined],
    ["is not needed while executions wait for a hello", { waiting: 3, quiet_ms: 9 }, undefined],
    ["comes while executions wait and an agent is silent", { waiting: 3, has_silent: true }, 15_000],
    ["comes when the first agent would be silent", { running: 1, quiet_ms: 7_000 }, 7_000],
    [
      "comes a grace time later if all leases are calm",
      { running: 1, quiet_ms: 7_000, calm_ms: 120_000 },
      127_000,
    ],
    ["comes at least every ten minutes", { running: 1, quiet_ms: 7_000, calm_ms: 1e13 }, 607_000],
    [
      "comes soon while executions wait for a silent agent, even if all leases are calm",
      { running: 1, waiting: 1, has_silent: true, quiet_ms: 0, calm_ms: 120_000 },
      15_000,
    ],
    ["comes soon while executions run without any agent", { running: 1 }, 15_000],
    ["comes when a setback is over", { setback_ms: 500, running: 1, quiet_ms: 7_000 }, 500],
  ])("%s", (_, watched, in_ms) => {
    expect(watchIn_ms({ ...idle, ...watched })).toBe(in_ms);
  });
});
