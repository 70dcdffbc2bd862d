import { type FollowOptions, followQuery } from "../execution/log/follow-options.ts";
import { RELAY_TARGET } from "../objects/credential.ts";
import { executionStub } from "../objects/execution.ts";
import type { Region } from "../objects/region.ts";
import { relayOf, relayStub } from "../objects/relay.ts";

/** Relays that one follower is sent to: more levels than any setting needs. */
const HOPS_MAX = 8;

/** A follower's socket, and the target that its credential knows it by; or the status of the refusal. */
export type FollowResult =
  | { kind: "open"; socket: WebSocket; target: string }
  | { kind: "refused"; status: number };

/** Follows an execution: at its object, or at the relay that the object names. */
export async function followExecution(
  env: Env,
  id: string,
  { region, headers, ...options }: FollowOptions & { region: Region; headers: Record<string, string> },
): Promise<FollowResult> {
  const address = `http://execution/?${followQuery(options)}&region=${region}`;
  let target = id;
  let answer = await executionStub(env, id).fetch(new Request(address, { headers }));
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const relay = relayOf(answer);
    if (relay === undefined) break;
    target = RELAY_TARGET + relay;
    answer = await relayStub(env, relay).fetch(new Request(address, { headers }));
  }
  const socket = answer.webSocket;
  return socket ? { kind: "open", socket, target } : { kind: "refused", status: answer.status };
}
