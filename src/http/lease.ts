import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import { type LeaseClaims, readLease } from "../crypto/lease.ts";
import { deploymentSecrets } from "../crypto/secret.ts";
import type { AppEnv } from "./context.ts";
import { executionOf } from "./named.ts";

/** The lease of a request, as its signature proves it. Only the execution knows whether it is in force. */
export function leaseOf(c: Context<AppEnv>): Promise<LeaseClaims> {
  return readLease(c.req.header("authorization"), c.req.param("id") ?? "", deploymentSecrets(c.env));
}

/** Lets the holder of the current lease through: for requests that do not go to the execution itself. */
export const requireLease = createMiddleware<AppEnv>(async (c, next) => {
  const lease = await leaseOf(c);
  if (!(await executionOf(c, lease.execution_id).holdsLease(lease))) throw new TailraceError("lease_lost");
  await next();
});
