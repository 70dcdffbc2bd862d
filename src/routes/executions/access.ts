import type { Context } from "hono";
import type { Execution } from "../../../protocol/model/execution.ts";
import { executionResource, type Permission } from "../../../protocol/model/permissions.ts";
import { audit } from "../../http/audited.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf, missingExecution } from "../../http/named.ts";
import { queryBoolean } from "../../http/query.ts";
import type { ExecutionStub } from "../../objects/execution.ts";
import { demand } from "../../rights/permissions.ts";

/**
 * An execution that a path names and the principal may use: its object, and its document with the secrets masked as required.
 */
export interface Accessed {
  id: string;
  object: ExecutionStub;
  execution: Execution;
}

/** The execution that the path names; throws if the principal may not use it. */
export async function access(c: Context<AppEnv>, permission: Permission): Promise<Accessed> {
  const id = await executionId(c);
  const object = executionOf(c, id);
  const execution = await object.get({ show_secrets: showsSecrets(c) });
  if (!execution) throw await missingExecution(c, id);
  demand(c.get("principal"), permission, executionResource(execution));
  await auditSecrets(c, `execution:${id}`);
  return { id, object, execution };
}

/** Records once in the audit log that this request shows secret values, if it does. */
export async function auditSecrets(c: Context<AppEnv>, resource: string): Promise<void> {
  if (showsSecrets(c)) await audit(c, "execution.show_secrets", resource);
}

/**
 * Whether the answer shows secret values: only on an administrator's request. For others the parameter is ignored, as in
 * StackStorm.
 */
export function showsSecrets(c: Context<AppEnv>): boolean {
  return queryBoolean(c, "show_secrets", false) && c.get("principal").role === "admin";
}
