import { hearingOf } from "../../sockets/hearing.ts";
import { type FollowerState, silentFrom_ms } from "./follower.ts";

/** When a follower counts as silent. */
export interface Silence<Follower> {
  follower: Follower;
  silent_ms: number;
}

/** When each follower that pings would count as silent. `remember` stores one whose hearing was corrected. */
export function* silences<Follower extends FollowerState & { socket: WebSocket }>(
  ctx: DurableObjectState,
  followers: Iterable<Follower>,
  now_ms: number,
  remember: (follower: Follower) => void,
): Generator<Silence<Follower>> {
  for (const follower of followers) {
    const { socket, ping_ms } = follower;
    if (ping_ms === undefined) continue;
    const pinged_ms = ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    const hearing = hearingOf(follower, pinged_ms, now_ms);
    if (hearing !== follower) {
      Object.assign(follower, hearing);
      remember(follower);
    }
    yield { follower, silent_ms: silentFrom_ms(hearing, pinged_ms, ping_ms) };
  }
}
