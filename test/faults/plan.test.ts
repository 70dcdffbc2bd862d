import { describe, expect, it } from "vitest";
import { FAULT_KINDS, kindsOf } from "./faults/kinds.ts";
import { planFaults } from "./plan.ts";
import { Random } from "./random.ts";
import { World } from "./world/world.ts";

function plan(seed: string, kinds = FAULT_KINDS) {
  return planFaults({
    random: new Random(seed),
    kinds,
    targets: World.targets,
    faults_per_second: 100,
    duration_ms: 60_000,
  });
}

describe("a plan of faults", () => {
  it("is the same for the same seed, and different for another", () => {
    expect(plan("7/1")).toEqual(plan("7/1"));
    expect(plan("7/1")).not.toEqual(plan("7/2"));
  });

  it("has every kind of fault, at times within the round and in order", () => {
    const faults = plan("7/1");
    const times = faults.map(({ at_ms }) => at_ms);
    expect(faults).toHaveLength(6_000);
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(FAULT_KINDS.length);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(60_000);
  });

  it("gives each kind a unique name, whose words select it", () => {
    expect(new Set(FAULT_KINDS.map(({ name }) => name)).size).toBe(FAULT_KINDS.length);
    const killed = kindsOf(["killed"], true).map(({ name }) => name);
    expect(killed).toContain("engine killed");
    expect(killed.every((name) => name.includes("killed"))).toBe(true);
  });

  it("leaves out the faults that need root when it has no root", () => {
    const names = kindsOf([], false).map(({ name }) => name);
    expect(names).not.toContain("server's disk full");
    expect(names).toContain("connections cut");
  });
});
