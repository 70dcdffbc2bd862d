import { agentMoves } from "./moves/agent.ts";
import { callMoves } from "./moves/calls.ts";
import { executionMoves } from "./moves/execution.ts";
import type { Move } from "./moves/move.ts";
import { poolMoves } from "./moves/pool.ts";
import { queueMoves } from "./moves/queue.ts";
import { copyOf, type Rules, type World } from "./world.ts";

/** The possible moves of a world: messages arrive, programs end, timers fire, and faults happen while some are left. */
export function movesOf(world: World, rules: Rules): Move[] {
  const moves = [
    ...queueMoves(world, rules),
    ...callMoves(world, rules),
    ...poolMoves(world, rules),
    ...executionMoves(world, rules),
  ];
  for (const agent of world.agents) moves.push(...agentMoves(world, rules, agent));
  return moves;
}

/** A copy of a world, after a move. */
export function after(world: World, move: Move): World {
  const next = copyOf(world);
  if (move.kind === "fault") next.faults_left -= 1;
  move.make(next);
  return next;
}
