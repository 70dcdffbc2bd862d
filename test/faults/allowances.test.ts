import { describe, expect, it } from "vitest";
import { allowancesOf } from "./allowances.ts";
import { NOTHING_ALLOWED } from "./facts.ts";
import type { Hit } from "./hits.ts";

function hit(kind: string, target: string): Hit {
  return { fault: { number: 1, at_ms: 0, kind, target, parameters: {} }, from_ms: 0, to_ms: 0 };
}

describe("what faults explain", () => {
  it("is nothing, where only messages were lost, cut and repeated", () => {
    const hits = [hit("connections cut", "a"), hit("answer lost", "a"), hit("cut within a message", "a")];
    expect(allowancesOf("a", hits, 5)).toEqual(NOTHING_ALLOWED);
  });

  it("is that a killed agent's executions are abandoned with a gap, and no other's", () => {
    const hits = [hit("agent killed", "a")];
    expect(allowancesOf("a", hits, 120)).toMatchObject({ abandoned: true, gap_reasons: ["agent_restarted"] });
    expect(allowancesOf("b", hits, 120)).toEqual(NOTHING_ALLOWED);
    expect(allowancesOf(undefined, hits, 120).abandoned).toBe(true);
  });

  it("is that an agent out of reach loses its executions, where its grace is short", () => {
    const hits = [hit("black hole", "a"), hit("engine stopped", "server")];
    expect(allowancesOf("b", hits, 5)).toMatchObject({ abandoned: true, gap_reasons: ["agent_lost"] });
    expect(allowancesOf("a", hits, 120)).toEqual(NOTHING_ALLOWED);
  });
});
