import type { LeaseKey } from "../../../protocol/wire/agent.ts";
import { leaseEventsOf } from "../../../src/pool/decide/greeting.ts";
import { stepPlace } from "../../../src/pool/decide/handover.ts";
import type { PlaceEffect, PlaceEvent } from "../../../src/pool/decide/place.ts";
import type { AgentSays, AgentWorld, Call, Rules, World } from "../world.ts";
import { agentOf, tellAgent } from "./links.ts";

/** Takes an event of the place: the decision is stored, then its effects are carried out. */
export function toPlace(world: World, rules: Rules, event: PlaceEvent): PlaceEffect[] {
  const { place, effects } = stepPlace(world.place ?? undefined, event);
  world.place = place ?? null;
  for (const effect of effects) bring(world, rules, effect);
  return effects;
}

function bring(world: World, rules: Rules, effect: PlaceEffect): void {
  if (!("lease" in effect)) return;
  if (effect.kind !== "tell") {
    if (effect.kind === "give") world.calls = world.calls.flatMap(superseded);
    world.calls.push({ effect, answers: null, orphan: false });
    return;
  }
  const { what, lease } = effect;
  if (what === "confirmed" && !rules.confirms) return;
  const agent = agentOf(world, lease.agent_id);
  if (agent.link?.greeted) tellAgent(agent, { say: what, epoch: lease.epoch });
  else if (what === "lease" && !agent.ghost?.greeted)
    toPlace(world, rules, { kind: "away", lease, early: false, heard_ms: 0 });
}

/** A later offer voids the answers to the earlier ones: the request may still arrive, and its answer counts no more. */
function superseded(call: Call): Call[] {
  if (call.effect.kind !== "give") return [call];
  return call.answers === null ? [{ ...call, orphan: true }] : [];
}

/** The pool reads a message of an agent. */
export function poolHears(
  world: World,
  rules: Rules,
  agent: AgentWorld,
  message: AgentSays,
  on: "link" | "ghost" = "link",
): void {
  const early = !rules.confirms;
  if (message.say !== "hello") {
    toPlace(world, rules, { kind: message.say, lease: { epoch: message.epoch, agent_id: agent.id }, early });
    return;
  }
  if (on === "ghost" && agent.ghost) agent.ghost.greeted = true;
  else {
    if (agent.link) agent.link.greeted = true;
    agent.ghost = null;
  }
  const { place } = world;
  const leases = message.epochs.map(keyOf);
  const should_hold = place?.agent_id === agent.id ? [keyOf(place.epoch)] : [];
  for (const { event } of leaseEventsOf(agent.id, { leases }, should_hold)) toPlace(world, rules, event);
}

function keyOf(epoch: number): LeaseKey {
  return { execution_id: "only", epoch };
}
