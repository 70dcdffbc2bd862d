import { type Origin, placeFollower, type Spread } from "../../src/execution/log/place.ts";
import type { RegionName } from "./platform.ts";

/** The settings of a simulated server. */
export interface Settings extends Spread {
  /** Whether readers of other regions follow at a relay of theirs from the first one on. */
  is_regional: boolean;
}

/** A simulated object: the execution, or a relay. `joins` counts its requests for new followers in the present second. */
export interface SimulatedObject {
  name: string;
  region: RegionName;
  followers: number;
  relays: SimulatedObject[];
  joins: number;
}

export const HOME: RegionName = "enam";

export function newExecution(): SimulatedObject {
  return { name: "execution", region: HOME, followers: 0, relays: [], joins: 0 };
}

/** A new follower asks the execution, and goes where it is sent, by the product's own rule. */
export function join(execution: SimulatedObject, region: RegionName, settings: Settings): void {
  const is_distant = region !== HOME;
  // The Worker first reads the summary.
  execution.joins++;
  for (let object = execution; ; ) {
    object.joins++;
    const is_execution = object === execution;
    const origin: Origin = {
      region,
      is_distant: is_execution && is_distant,
      is_far: is_execution && is_distant && settings.is_regional,
    };
    const placed = placeFollower(object, origin, settings);
    if (placed.kind === "here") {
      object.followers++;
      return;
    }
    object = relayNamed(object, placed.name, region);
  }
}

function relayNamed(feeder: SimulatedObject, name: string, region: RegionName): SimulatedObject {
  const known = feeder.relays.find((relay) => relay.name === name);
  if (known) return known;
  const relay = { name, region, followers: 0, relays: [], joins: 0 };
  feeder.relays.push(relay);
  return relay;
}

/** An object and all below it. */
export function* objectsOf(object: SimulatedObject): Generator<SimulatedObject> {
  yield object;
  for (const relay of object.relays) yield* objectsOf(relay);
}
