import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { newId } from "../../../protocol/base/id.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import type { RunToken } from "../../../protocol/wire/agent.ts";
import { signRunToken } from "../../crypto/run-token.ts";
import { deploymentSecret } from "../../crypto/secret.ts";
import { originOf } from "../../http/audited.ts";
import type { AppEnv } from "../../http/context.ts";
import { leaseOf } from "../../http/lease.ts";
import { executionOf } from "../../http/named.ts";
import { recordAudit } from "../../index/audit.ts";
import { agentCredential } from "../../rights/credentials.ts";
import { issuesRunTokens } from "../../rights/of-run.ts";

/** The token of a run's user, for its program. Its agent asks for it under the lease, before it starts the program. */
export const runToken = new Hono<AppEnv>().post("/:id/token", async (c) => {
  const lease = await leaseOf(c);
  if (!issuesRunTokens(c.env))
    throw new TailraceError("forbidden", "This server gives runs no tokens (ACTION_AUTH_TOKEN).");
  const run = await executionOf(c, lease.execution_id).runUnder(lease, true);
  if (!run) throw new TailraceError("lease_lost");
  const exp = Math.floor(Date.now() / 1000) + c.env.TOKEN_TTL_SECONDS_MAX;
  const expiry = timestamp(exp * 1000);
  await recordAudit(c.env, {
    id: newId(),
    action: "execution.token",
    outcome: "done",
    user: run.context.user,
    credential: agentCredential(lease.agent_id),
    ...originOf(c),
    resource: `execution:${lease.execution_id}`,
    detail: { expiry },
  });
  const token = await signRunToken({ lease, exp }, deploymentSecret(c.env));
  return c.json({ token, expiry } satisfies RunToken, 201);
});
