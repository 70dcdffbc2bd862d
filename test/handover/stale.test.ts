import { expect, it } from "vitest";
import { stepPlace } from "../../src/pool/decide/handover.ts";
import type { LeasedPhase, Place } from "../../src/pool/decide/place.ts";

const PHASES: LeasedPhase[] = ["offered", "withdrawn", "accepted", "forgotten", "claimed"];

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

it("a lease that its execution does not know yet is voided, not abandoned", () => {
  const lease = { epoch: 1, agent_id: "a" };
  const place: Place = { phase: "offered", ...lease };
  const revoked = stepPlace(place, { kind: "revoked", lease, early: true });
  const unknown = stepPlace(revoked.place, { kind: "unknown", epoch: 1, reason: "agent_revoked" });
  expect(unknown).toEqual({
    place: { phase: "withdrawn", ...lease },
    effects: [{ kind: "unlease", lease, why: "revoked" }],
  });
  const { place: after } = stepPlace(unknown.place, { kind: "voided", epoch: 1 });
  expect(after).toEqual({ phase: "waiting", epoch: 1, agent_id: null });
});
