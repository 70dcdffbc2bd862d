import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { AppEnv } from "../../http/context.ts";
import { leaseOf } from "../../http/lease.ts";
import { executionOf } from "../../http/named.ts";
import { producerHeaders } from "../../sockets/tags.ts";
import { demandRoom } from "../../storage/disk.ts";
import { passAppends } from "./pass-appends.ts";

/** Batches over a WebSocket: the lease's signature is checked once, the lease itself and the disk's room with each batch. */
export const appendSocket = new Hono<AppEnv>().get("/executions/:id/chunks", async (c) => {
  const lease = await leaseOf(c);
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new TailraceError("upgrade_required");
  const request = new Request("http://execution/", { headers: producerHeaders(lease) });
  const { webSocket } = await executionOf(c, lease.execution_id).fetch(request);
  if (!webSocket) throw new TailraceError("lease_lost");
  return new Response(null, { status: 101, webSocket: passAppends(webSocket, () => demandRoom(c.env)) });
});
