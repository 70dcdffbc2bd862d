import { expect, it } from "vitest";
import { type Phase, type Place, stepPlace } from "../../src/pool/handover.ts";

const PHASES: Exclude<Phase, "waiting">[] = ["offered", "withdrawn", "accepted", "forgotten", "claimed"];

const KINDS = ["away", "overdue", "revoked"] as const;

it.each(KINDS)("that a lease is %s changes nothing of a later one, however far that has come", (kind) => {
  for (const phase of PHASES)
    for (const early of [false, true])
      for (const lease of [
        { epoch: 1, agent_id: "a" },
        { epoch: 1, agent_id: "b" },
      ]) {
        const place: Place = { phase, epoch: 2, agent_id: "b" };
        expect(stepPlace(place, { kind, lease, early, heard_ms: 0 })).toEqual({ place, effects: [] });
      }
});
