import { FOLLOWERS_MAX } from "../../../protocol/base/reader-limits.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { isFar, readRegion } from "../../objects/region.ts";
import { type Attached, type Place, relayAnswer } from "../../objects/relay.ts";
import { tagsOf } from "../../sockets/tags.ts";
import { statusEvent } from "../log/events.ts";
import { readFollowOptions } from "../log/follow-options.ts";
import type { Placed } from "../log/place.ts";
import type { ExecutionState } from "../state/state.ts";
import { expiredError, tombstoneOf } from "../state/tombstone.ts";
import type { Steps } from "./step.ts";

/** Connects a follower that the Worker has authorised, or answers with the name of the relay to go to. */
export function follow(steps: Steps, state: ExecutionState, request: Request): Response {
  const { stored, readers, alarm } = steps;
  const { searchParams } = new URL(request.url);
  const options = readFollowOptions(searchParams);
  const { followers, relays } = readers;
  followers.look();
  // A reader of stored output does not stay, and must get all of it: a relay may be a moment late.
  const is_live = options.follow && !isCompleted(state.status);
  const region = readRegion(searchParams.get("region"));
  const origin = {
    region,
    is_distant: region !== "any" && region !== state.spec.region,
    is_far: isFar(region, state.spec.region, String(stored.env.RELAY_REGIONS)),
  };
  const placed = is_live ? relays.place(followers.count, origin) : HERE;
  if (placed.kind === "relay") return relayAnswer(placed.name);
  if (followers.count >= FOLLOWERS_MAX) return new Response(null, { status: 429 });
  const { 0: client, 1: server } = new WebSocketPair();
  const watched = readers.count > 0;
  followers.add(server, options, statusEvent(state), tagsOf(request));
  if (!watched && readers.count > 0) steps.take({ kind: "followed" });
  if (options.ping_ms !== undefined) alarm.followed(state.timers);
  return new Response(null, { status: 101, webSocket: client });
}

const HERE: Placed = { kind: "here" };

/** Feeds a relay from here on. */
export function attachRelay(steps: Steps, name: string, place: Place): Attached {
  const { state, stored, readers } = steps;
  const tombstone = state && tombstoneOf(state);
  if (!state) return { kind: "refused", code: "execution_not_found", text: "The execution does not exist." };
  if (tombstone)
    return { kind: "refused", code: "expired", text: expiredError(state.spec.id, tombstone).message };
  const watched = readers.count > 0;
  const status = statusEvent(state);
  readers.relays.attach(name, place, { status, end: steps.endEvent });
  if (!watched) steps.take({ kind: "followed" });
  return { kind: "attached", last_seq: stored.log.last_seq, status };
}
