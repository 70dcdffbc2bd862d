import type { World } from "../world.ts";

/** One thing that may happen next. `later`: a timer, which fires only once nothing else is left to happen. */
export interface Move {
  name: string;
  kind: "now" | "later" | "fault";
  make: (world: World) => void;
}
