import type { Context } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { admit } from "../../auth/admission.ts";
import { followQuery } from "../../execution/log/follow-options.ts";
import type { AppEnv } from "../../http/context.ts";
import type { ExecutionStub, Summary } from "../../objects/execution.ts";
import { type Frames, NDJSON_FRAMES, sseFrames, TEXT_FRAMES } from "../../reading/formats/format.ts";
import { plainFrames } from "../../reading/formats/plain.ts";
import { followerHeaders } from "../../sockets/tags.ts";
import type { Format, OutputQuery } from "./query.ts";

/** A follower's socket at an execution's object, admitted for the caller. */
export async function openFollower(
  c: Context<AppEnv>,
  {
    id,
    execution,
    query,
    after,
  }: { id: string; execution: ExecutionStub; query: OutputQuery; after: number },
): Promise<WebSocket> {
  const upstream = await execution.fetch(
    new Request(`http://execution/?${followQuery({ ...query, after })}`, {
      headers: followerHeaders(c.get("principal")),
    }),
  );
  const socket = upstream.webSocket;
  // It has expired since it was looked up.
  if (upstream.status === 410) throw new TailraceError("expired");
  if (!socket) throw new TailraceError(upstream.status === 429 ? "too_many" : "unavailable");
  await admit(c, id, [socket]);
  return socket;
}

/** The streams of a query; none if it names a stream that no chunk has. */
export function typesOf({ type }: OutputQuery): OutputType[] {
  return OUTPUT_TYPES.filter((one) => type === undefined || one === type);
}

export function framesOf(
  format: Exclude<Format, "websocket">,
  id: string,
  { action_ref, runner_ref }: Pick<Summary, "action_ref" | "runner_ref">,
): Frames {
  if (format === "text") return TEXT_FRAMES;
  if (format === "plain") return plainFrames();
  if (format === "ndjson") return NDJSON_FRAMES;
  return sseFrames({ execution_id: id, action_ref, runner_ref }, format === "sse");
}
