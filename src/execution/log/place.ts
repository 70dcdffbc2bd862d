import type { Region } from "../../objects/region.ts";
import { readRelayName, relayName } from "../../objects/relay.ts";

/** The settings that spread followers over relays. */
export interface Spread {
  /** Followers of one object, and relays of one object, before new followers go to a relay. */
  followers_per_object: number;
  /** Levels of relays below an execution; 0 for none. A relay of the last level takes every follower that comes to it. */
  levels: number;
}

/** The readers of one object: its followers, and its relays with about as many followers as each has. */
export interface Readers {
  /** The execution's id, or the relay's name. */
  name: string;
  followers: number;
  relays: readonly { name: string; followers: number }[];
}

/** Where a new follower goes. */
export type Placed = { kind: "here" } | { kind: "relay"; name: string };

/** Where a follower comes from. */
export interface Origin {
  region: Region;
  /** Whether it is known to be another region than the execution's. */
  is_distant: boolean;
  /** Whether its region has a relay from the first follower on. */
  is_far: boolean;
}

/** Decides where a follower goes. */
export function placeFollower(
  readers: Readers,
  { region, is_distant, is_far }: Origin,
  spread: Spread,
): Placed {
  const { followers_per_object, levels } = spread;
  const is_last = levelOf(readers.name) >= levels;
  if (!is_last && (is_far || readers.followers >= followers_per_object))
    return { kind: "relay", name: relayFor(readers, region, roomOf(readers, is_distant, spread)) };
  return { kind: "here" };
}

/** How many followers a relay takes before the next one is made, and how many relays there are at most. */
interface Room {
  followers: number;
  relays: number;
}

/** Only one relay of a distant region is fed by the execution, and feeds the others there: one copy of a batch goes to that region. */
function roomOf({ name }: Readers, is_distant: boolean, { followers_per_object, levels }: Spread): Room {
  const is_only = is_distant && levelOf(name) === 0 && levels > 1;
  return {
    followers: is_only ? Number.POSITIVE_INFINITY : followers_per_object,
    relays: Math.max(1, followers_per_object),
  };
}

/** A relay of the region with room; else a new one; else the one with the fewest followers. */
function relayFor({ name, relays }: Readers, region: Region, room: Room): string {
  const near = relays.filter((relay) => levelOf(name) > 0 || readRelayName(relay.name).region === region);
  const roomy = near.find(({ followers }) => followers < room.followers);
  if (roomy) return roomy.name;
  if (relays.length < room.relays) return unusedName(name, region, relays);
  const [first, ...others] = near.length > 0 ? near : relays;
  return others.reduce((least, other) => (other.followers < least.followers ? other : least), first ?? NONE)
    .name;
}

/** Never chosen: there is a relay whenever no further one may be made. */
const NONE = { name: "", followers: 0 };

function unusedName(feeder: string, region: Region, relays: Readers["relays"]): string {
  const names = new Set(relays.map(({ name }) => name));
  for (let number = 0; ; number++) {
    const name = relayName(feeder, region, number);
    if (!names.has(name)) return name;
  }
}

function levelOf(name: string): number {
  return name.includes("/") ? readRelayName(name).level : 0;
}
