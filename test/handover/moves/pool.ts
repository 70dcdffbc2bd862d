import { agentOf, isConnected } from "../parties/links.ts";
import { toPlace } from "../parties/pool.ts";
import type { Rules, World } from "../world.ts";
import type { Move } from "./move.ts";

export function poolMoves({ place, noted, agents, faults_left, left }: World, rules: Rules): Move[] {
  const moves: Move[] = [];
  const early = !rules.confirms;
  if (place?.phase === "waiting")
    for (const agent of agents.filter(isConnected)) {
      const make = (world: World) => void toPlace(world, rules, { kind: "chosen", agent_id: agent.id });
      moves.push({ name: `the pool chooses ${agent.id}`, kind: "now", make });
    }
  const of = agents.find(({ id }) => id === place?.agent_id);
  if (of && place && noted === null) {
    const lease = { epoch: place.epoch, agent_id: of.id };
    const make = (world: World) => {
      world.noted = { lease, kind: isConnected(of) ? "overdue" : "away" };
    };
    moves.push({ name: "the pool's alarm", kind: "later", make });
  }
  if (left.revocations > 0)
    for (const { id } of agents.filter(({ revoked }) => !revoked)) {
      const make = (world: World) => {
        world.left.revocations -= 1;
        const agent = agentOf(world, id);
        Object.assign(agent, { revoked: true, link: null, ghost: null });
        const lease = { epoch: world.place?.epoch ?? 0, agent_id: id };
        toPlace(world, rules, { kind: "revoked", lease, early });
      };
      moves.push({ name: `${id} is revoked`, kind: "now", make });
    }
  if (noted) {
    const make = (world: World) => {
      world.noted = null;
      const { kind, lease } = noted;
      if (kind === "away" && !isConnected(agentOf(world, lease.agent_id)))
        toPlace(world, rules, { kind, lease, early, heard_ms: 0 });
      else if (kind !== "away") toPlace(world, rules, { kind, lease, early });
    };
    moves.push({ name: `the pool comes to ${noted.lease.agent_id}${noted.lease.epoch}`, kind: "now", make });
  }
  if (faults_left > 0) {
    const make = (world: World) => {
      world.calls = world.calls
        .filter(({ answers }) => answers === null)
        .map((call) => ({ ...call, orphan: true }));
      world.reply = null;
      if (world.timeout !== null) world.timeout = "due";
      world.noted = null;
      for (const agent of world.agents) {
        agent.link = null;
        agent.ghost = null;
      }
    };
    moves.push({ name: "the pool crashes", kind: "fault", make });
  }
  return moves;
}
