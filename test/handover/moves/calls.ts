import { answer } from "../parties/execution.ts";
import { agentOf, isConnected } from "../parties/links.ts";
import { toPlace } from "../parties/pool.ts";
import type { Rules, World } from "../world.ts";
import type { Move } from "./move.ts";

export function callMoves({ calls, faults_left }: World, rules: Rules): Move[] {
  return calls.flatMap((call, at) => {
    const name = `${call.effect.kind} ${call.effect.lease.agent_id}${call.effect.lease.epoch}`;
    const drop = (world: World) => {
      world.calls.splice(at, 1);
      const { kind, lease } = call.effect;
      if (kind === "claim") world.claim_lost = true;
      if (kind === "give" && !call.orphan) toPlace(world, rules, { kind: "unanswered", epoch: lease.epoch });
    };
    const lost: Move[] = faults_left > 0 ? [{ name: `${name} fails`, kind: "fault", make: drop }] : [];
    if (call.answers === null) {
      const make = (world: World) => {
        const asked = world.calls[at];
        if (asked) answer(world, asked);
        if (asked?.orphan) world.calls.splice(at, 1);
      };
      return [{ name: `the execution takes ${name}`, kind: "now", make }, ...lost];
    }
    const answers = call.answers;
    const make = (world: World) => {
      world.calls.splice(at, 1);
      for (const event of answers) toPlace(world, rules, event);
      const { kind, lease } = call.effect;
      if (kind === "lost" && isConnected(agentOf(world, lease.agent_id)))
        toPlace(world, rules, { kind: "back", lease });
    };
    return [{ name: `the pool learns what came of ${name}`, kind: "now", make }, ...lost];
  });
}
