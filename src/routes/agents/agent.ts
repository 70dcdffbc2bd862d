import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import {
  AGENTS_KNOWN_MAX,
  AGENTS_MAX,
  BATCH_BYTES_MAX,
  END_REQUEST_BYTES_MAX,
  JSON_BODY_BYTES_MAX,
} from "../../../protocol/base/limits.ts";
import { EndRequest, ExpandExecution } from "../../../protocol/wire/agent.ts";
import type { AgentIdentity } from "../../../protocol/wire/agent-identity.ts";
import { RegisterAgent } from "../../../protocol/wire/agent-state.ts";
import type { AppendResult } from "../../../protocol/wire/append.ts";
import { readBatch } from "../../../protocol/wire/batch.ts";
import { admit } from "../../auth/admission.ts";
import { requireAgent, requireRegistrar } from "../../auth/middleware.ts";
import { audit } from "../../http/audited.ts";
import { readJson, readSized } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { leaseOf } from "../../http/lease.ts";
import { executionOf } from "../../http/named.ts";
import { createAgent } from "../../index/agents.ts";
import { POOL_TARGET } from "../../objects/credential.ts";
import { poolStub } from "../../objects/pool.ts";
import { agentHeaders } from "../../sockets/tags.ts";
import { demandRoom } from "../../storage/disk.ts";
import { leasedKeys } from "../keys/leased.ts";
import { acknowledged } from "./acknowledged.ts";
import { appendSocket } from "./append-socket.ts";
import { countBatch } from "./count-batch.ts";
import { registration } from "./registration.ts";
import { runToken } from "./run-token.ts";

/** The agents' routes: their pool by an agent's secret, their executions by a lease. */
export const agent = new Hono<AppEnv>()
  .post("/agents", requireRegistrar, async (c) => {
    const { name, pool, legacy_id } = await readJson(c, RegisterAgent, JSON_BODY_BYTES_MAX);
    return c.json(await register(c, ownPool(c, pool), name, legacy_id), 201);
  })
  .get("/pools/:pool/connect", requireAgent, async (c) => {
    const pool = ownPool(c, c.req.param("pool"));
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new TailraceError("upgrade_required");
    const { webSocket } = await poolStub(c.env, pool).fetch(
      new Request("http://pool/", { headers: agentHeaders(c.get("principal")) }),
    );
    if (!webSocket) throw new TailraceError("unavailable");
    await admit(c, `${POOL_TARGET}${pool}`, [webSocket], AGENTS_MAX);
    return new Response(null, { status: 101, webSocket });
  })
  .route("/", registration)
  .route("/", appendSocket)
  .post("/executions/:id/start", async (c) => {
    const lease = await leaseOf(c);
    return answer(c, await executionOf(c, lease.execution_id).start(lease));
  })
  .post("/executions/:id/chunks", async (c) => {
    const lease = await leaseOf(c);
    const { text, size } = await readSized(c, BATCH_BYTES_MAX);
    const { body, ...head } = readBatch(text, size);
    const arrived_ms = Date.now();
    await demandRoom(c.env);
    const result = await executionOf(c, lease.execution_id).append(lease, head, body);
    if (result.kind === "appended") countBatch({ head, body, arrived_ms });
    return answer(c, result);
  })
  .post("/executions/:id/expand", async (c) => {
    const lease = await leaseOf(c);
    const children = await readJson(c, ExpandExecution, JSON_BODY_BYTES_MAX);
    return answer(c, await executionOf(c, lease.execution_id).expand(lease, children));
  })
  .route("/executions", leasedKeys)
  .route("/executions", runToken)
  .post("/executions/:id/end", async (c) => {
    const lease = await leaseOf(c);
    const { output, ...end } = await readJson(c, EndRequest, END_REQUEST_BYTES_MAX, ["result"]);
    const batch = output ? readBatch(output) : undefined;
    const rest = output === undefined ? undefined : batch ? { batch } : {};
    const arrived_ms = Date.now();
    const result = await executionOf(c, lease.execution_id).end(lease, end, rest);
    if (batch && result.kind === "appended") countBatch({ head: batch, body: batch.body, arrived_ms });
    return answer(c, result);
  });

/** The pool of the credential. Throws `forbidden` if the request names another pool. */
function ownPool(c: Context<AppEnv>, named: string | undefined): string {
  const { pool } = c.get("principal");
  if (pool === null) throw new Error("an agent's credential has a pool");
  if (named !== undefined && named !== pool)
    throw new TailraceError("forbidden", `The key is for the pool "${pool}", not for "${named}".`);
  return pool;
}

/** Registers an agent with its pool and the index. If the index fails, the pool's entry is removed. */
async function register(
  c: Context<AppEnv>,
  pool: string,
  name: string,
  legacyId: string | undefined,
): Promise<AgentIdentity> {
  const { key_id = "" } = c.get("principal");
  const object = poolStub(c.env, pool);
  const id = await object.enroll(legacyId);
  if (id === undefined) {
    const text = `The pool "${pool}" has ${AGENTS_KNOWN_MAX} agents: revoke those that are gone (tailrace agent revoke).`;
    throw new TailraceError("too_many", text);
  }
  try {
    await audit(c, "agent.register", `agent:${id}`, { pool, name });
    return await createAgent(c.env.INDEX, { id, pool, name, key_id });
  } catch (error) {
    await object.strike(id);
    throw error;
  }
}

/** The result of an append as the answer to its producer. */
function answer(c: Context<AppEnv>, result: AppendResult): Response {
  return c.json(acknowledged(result));
}
