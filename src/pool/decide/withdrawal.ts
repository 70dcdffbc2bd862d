import type { AbandonReason } from "../../objects/lease.ts";
import {
  type Lease,
  leaseOf,
  type Place,
  type PlaceEffect,
  type PlaceStep,
  type Withdrawal,
} from "./place.ts";

/** The lease is to be voided before the execution waits again. From here on it is not confirmed. */
export function withdrawn(place: Place | undefined, why: Withdrawal): PlaceStep {
  if (!place?.agent_id) return { place, effects: [] };
  if (place.phase === "forgotten") return forgotten(place, "agent_restarted");
  return {
    place: { ...place, phase: "withdrawn" },
    effects: [{ kind: "unlease", lease: leaseOf(place), why }],
  };
}

/** The program may have been started, and its agent will not end it: the execution is to be abandoned. */
export function forgotten(place: Place & Lease, reason: AbandonReason): PlaceStep {
  const lease = leaseOf(place);
  return { place: { phase: "forgotten", ...lease }, effects: [{ kind: "abandon", lease, reason }] };
}

/** The program of a withdrawn lease has been started after all, by an agent from before version 3 or by one that lies. */
export function begun(place: Place & Lease, why: Withdrawal): PlaceStep {
  if (why === "missing") return forgotten(place, "agent_restarted");
  if (why === "revoked") return forgotten(place, "agent_revoked");
  const lease = leaseOf(place);
  const effects: PlaceEffect[] = why === "away" ? [{ kind: "lost", lease, heard_ms: null }] : [];
  return { place: { phase: "accepted", ...lease }, effects };
}
