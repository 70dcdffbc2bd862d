import { describe, expect, it } from "vitest";
import { allowancesOf } from "./allowances.ts";
import { NOTHING_ALLOWED } from "./facts.ts";
import type { Hit } from "./hits.ts";

function hit(kind: string, target: string): Hit {
  return { fault: { number: 1, at_ms: 0, kind, target, parameters: {} }, from_ms: 0, to_ms: 0 };
}

describe("the effects that faults explain", () => {
  it("are none if messages were only lost, cut and repeated", () => {
    const hits = [hit("connections cut", "a"), hit("answer lost", "a"), hit("cut within a message", "a")];
    expect(allowancesOf("a", hits, 5)).toEqual(NOTHING_ALLOWED);
  });

  it("are abandoned executions with a gap, of a killed agent only", () => {
    const hits = [hit("agent killed", "a")];
    expect(allowancesOf("a", hits, 120)).toMatchObject({ abandoned: true, gap_reasons: ["agent_restarted"] });
    expect(allowancesOf("b", hits, 120)).toEqual(NOTHING_ALLOWED);
    expect(allowancesOf(undefined, hits, 120).abandoned).toBe(true);
  });

  it("are lost executions of an unreachable agent with a short grace time", () => {
    const hits = [hit("black hole", "a"), hit("engine stopped", "server")];
    expect(allowancesOf("b", hits, 5)).toMatchObject({ abandoned: true, gap_reasons: ["agent_lost"] });
    expect(allowancesOf("a", hits, 120)).toEqual(NOTHING_ALLOWED);
  });
});
