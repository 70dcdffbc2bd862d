import type { World } from "../world.ts";

/** A possible next event. `later`: a timer, which fires only once no other move is left. */
export interface Move {
  name: string;
  kind: "now" | "later" | "fault";
  make: (world: World) => void;
}
