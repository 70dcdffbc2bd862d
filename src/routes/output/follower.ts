import type { Context } from "hono";
import { type ErrorCode, TailraceError } from "../../../protocol/base/errors.ts";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { admit } from "../../auth/admission.ts";
import { countFollow } from "../../base/isolate.ts";
import type { AppEnv } from "../../http/context.ts";
import type { Summary } from "../../objects/execution.ts";
import { regionOf } from "../../objects/region.ts";
import { followExecution } from "../../reading/follow.ts";
import { type Frames, NDJSON_FRAMES, sseFrames, TEXT_FRAMES } from "../../reading/formats/format.ts";
import { plainFrames } from "../../reading/formats/plain.ts";
import { followerHeaders } from "../../sockets/tags.ts";
import type { Format, OutputQuery } from "./query.ts";

/** A follower's socket at an execution's object, or at a relay of it, admitted for the caller. */
export async function openFollower(
  c: Context<AppEnv>,
  {
    id,
    query,
    after,
    isolate,
  }: { id: string; query: OutputQuery; after: number; isolate: string | undefined },
): Promise<WebSocket> {
  const followed = await followExecution(c.env, id, {
    ...query,
    after,
    isolate,
    region: regionOf(c.req.raw),
    headers: followerHeaders(c.get("principal")),
  });
  if (followed.kind === "refused") throw new TailraceError(REFUSALS[followed.status] ?? "unavailable");
  const { socket, target } = followed;
  await admit(c, target, [socket]);
  countFollow(isolate === undefined ? "socket" : "stream");
  return socket;
}

/** Why an object takes no follower. It may have expired since it was looked up. */
const REFUSALS: Record<number, ErrorCode> = { 410: "expired", 429: "too_many" };

/** The streams of a query; none if it names a stream that no chunk has. */
export function typesOf({ type }: OutputQuery): OutputType[] {
  return OUTPUT_TYPES.filter((one) => type === undefined || one === type);
}

/** `is_live`: the reader follows an output that has not ended. */
export function framesOf(
  format: Exclude<Format, "websocket">,
  id: string,
  { action_ref, runner_ref }: Pick<Summary, "action_ref" | "runner_ref">,
  is_live: boolean,
): Frames {
  if (format === "text") return TEXT_FRAMES;
  if (format === "plain") return plainFrames({ at_once: is_live });
  if (format === "ndjson") return NDJSON_FRAMES;
  return sseFrames({ execution_id: id, action_ref, runner_ref }, format === "sse");
}
