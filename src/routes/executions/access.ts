import type { Context } from "hono";
import type { Execution } from "../../../protocol/model/execution.ts";
import { executionResource, type Permission } from "../../../protocol/model/permissions.ts";
import { audit } from "../../http/audited.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf, missingExecution } from "../../http/named.ts";
import { queryBoolean } from "../../http/query.ts";
import type { ExecutionStub } from "../../objects/execution.ts";
import { demand } from "../../rights/permissions.ts";

/** An execution that a path names and whoever asks may have: its object, and its document as they may see it. */
export interface Accessed {
  id: string;
  object: ExecutionStub;
  execution: Execution;
}

/** The execution that the path names, or the error that says why not. */
export async function access(c: Context<AppEnv>, permission: Permission): Promise<Accessed> {
  const id = await executionId(c);
  const object = executionOf(c, id);
  const execution = await object.get({ show_secrets: showsSecrets(c) });
  if (!execution) throw await missingExecution(c, id);
  demand(c.get("principal"), permission, executionResource(execution));
  await auditSecrets(c, `execution:${id}`);
  return { id, object, execution };
}

/** Says in the audit log that this request is shown secret values, where it is: once. */
export async function auditSecrets(c: Context<AppEnv>, resource: string): Promise<void> {
  if (showsSecrets(c)) await audit(c, "execution.show_secrets", resource);
}

/** Whether secret values may stand in the answer: an admin asked. Others' wish is passed over, as StackStorm does. */
export function showsSecrets(c: Context<AppEnv>): boolean {
  return queryBoolean(c, "show_secrets", false) && c.get("principal").role === "admin";
}
