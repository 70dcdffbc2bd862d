import { isCompleted } from "../../../protocol/base/status.ts";
import { childrenEnded, mayWait, post, timedOut, toExecution, unheld } from "../parties/execution.ts";
import { isConnected } from "../parties/links.ts";
import { toPlace } from "../parties/pool.ts";
import { POOL, type Rules, type World } from "../world.ts";
import type { Move } from "./move.ts";

export function executionMoves(
  {
    execution,
    created,
    deleted,
    expanded,
    grace,
    owed,
    reply,
    timeout,
    late,
    left,
    faults_left,
    agents,
  }: World,
  rules: Rules,
) {
  const moves: Move[] = [];
  if (expanded && !isCompleted(execution.status))
    moves.push({ name: "the last of its children ends", kind: "now", make: childrenEnded });
  if (left.deletions > 0 && !deleted && isCompleted(execution.status) && owed === null && reply === null) {
    const make = (world: World) => {
      world.left.deletions -= 1;
      world.deleted = true;
    };
    moves.push({ name: "the execution is deleted", kind: "now", make });
  }
  if (left.timeouts > 0 && created && timeout === null && mayWait(execution)) {
    const make = (world: World) => {
      world.left.timeouts -= 1;
      world.timeout = "due";
    };
    moves.push({ name: "its time in the queue is over", kind: "now", make });
  }
  if (timeout === "due") {
    const make = (world: World) => {
      world.timeout = null;
      if (world.deleted || !mayWait(world.execution)) return;
      world.timeout = { withdrawn: !world.place?.agent_id };
      toPlace(world, rules, { kind: "timed out" });
    };
    moves.push({ name: "the pool is asked to withdraw it", kind: "later", make });
  } else if (timeout !== null) {
    const make = (world: World) => {
      world.timeout = timeout.withdrawn ? null : "due";
      if (timeout.withdrawn) timedOut(world);
    };
    moves.push({ name: "the pool's answer to the timeout", kind: "now", make });
  }
  if (left.cancels > 0 && created && !isCompleted(execution.status)) {
    const make = (world: World) => {
      world.left.cancels -= 1;
      const said = toExecution(world, { kind: "cancel" });
      if (said.kind === "done" && !world.expanded) world.owed = "cancel";
    };
    moves.push({ name: "a user cancels", kind: "now", make });
  }
  if ((owed === "cancel" || owed === "release") && reply === null) {
    const make = (world: World) => {
      const effects = toPlace(world, rules, { kind: owed === "cancel" ? "cancel" : "released" });
      if (owed === "release") world.owed = null;
      else world.reply = { held: !effects.some(({ kind }) => kind === "unheld") };
    };
    moves.push({ name: `the pool is told: ${owed}`, kind: "now", make });
  }
  if (reply !== null) {
    const make = (world: World) => {
      world.reply = null;
      if (world.owed === "cancel") world.owed = null;
      if (!reply.held) unheld(world);
    };
    moves.push({ name: "the pool's answer to the cancel", kind: "now", make });
    if (faults_left > 0) moves.push({ name: "that answer is lost", kind: "fault", make: loseReply });
  }
  const { lease } = execution;
  const holder = agents.find(({ id }) => id === lease?.agent_id);
  if (grace && lease && holder && !isConnected(holder)) {
    const make = (world: World) => {
      world.grace = false;
      toExecution(world, { kind: "abandon", holder: { ...lease, pool: POOL } });
    };
    moves.push({ name: "the grace time is over", kind: "later", make });
  }
  for (const [at, request] of late.entries()) {
    const make = (world: World) => {
      world.late.splice(at, 1);
      post(world, request, "succeeded");
    };
    moves.push({ name: `a late ${request.kind} arrives`, kind: "now", make });
  }
  return moves;
}

function loseReply(world: World): void {
  world.reply = null;
}
