import type { Random } from "./random.ts";
import type { World } from "./world/world.ts";

export type Parameters = Record<string, number | string>;

/** One fault of a plan, with everything that is needed to inject it again. */
export interface Fault {
  number: number;
  at_ms: number;
  kind: string;
  /** The name of an agent, a proxy, or the part of the world that the kind is about. */
  target: string;
  parameters: Parameters;
}

/** The target of a kind of fault. */
export type Aim = "agent" | "agent's network" | "reader's network" | "network" | "server" | "executions";

/** A kind of fault: its weight, its parameters, and its injection. */
export interface FaultKind {
  name: string;
  weight: number;
  aim: Aim;
  /** Only root can inject it. */
  needs_root?: true;
  draw: (random: Random) => Parameters;
  /** Resolves when it is over: true if it hit something. A long fault ends early at the world's signal. */
  inject: (world: World, fault: Fault) => Promise<boolean>;
}
