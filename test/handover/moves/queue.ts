import { toPlace } from "../parties/pool.ts";
import type { Rules, World } from "../world.ts";
import type { Move } from "./move.ts";

/** The way into the pool's queue: a place is reserved, the execution is created, and the pool is told until it has answered. */
export function queueMoves(
  { created, place, owed, late_enqueue, left, faults_left }: World,
  rules: Rules,
): Move[] {
  const moves: Move[] = [];
  const enqueue = (world: World) => void toPlace(world, rules, { kind: "enqueued" });
  if (!created && left.creations > 0) {
    const make = (world: World) => {
      world.left.creations -= 1;
      toPlace(world, rules, { kind: "reserved", until_ms: 0 });
    };
    moves.push({ name: "a place is reserved", kind: "now", make });
  } else if (!created) {
    const make = (world: World) => {
      world.created = true;
      world.owed = "enqueue";
    };
    moves.push({ name: "the execution is created", kind: "now", make });
  }
  if (place?.phase === "reserved") {
    const make = (world: World) => void toPlace(world, rules, { kind: "lapsed" });
    moves.push({ name: "the reservation lapses", kind: "later", make });
  }
  if (owed === "enqueue") {
    const make = (world: World) => {
      enqueue(world);
      world.owed = null;
    };
    moves.push({ name: "the pool is told: enqueue", kind: "now", make });
    if (faults_left > 0) {
      moves.push({ name: "the answer to the enqueue is lost", kind: "fault", make: enqueue });
      const late = (world: World) => {
        world.late_enqueue = true;
      };
      moves.push({ name: "the enqueue is told late", kind: "fault", make: late });
    }
  }
  if (late_enqueue) {
    const make = (world: World) => {
      world.late_enqueue = false;
      enqueue(world);
    };
    moves.push({ name: "a late enqueue arrives", kind: "now", make });
  }
  return moves;
}
