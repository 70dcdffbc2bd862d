import { TailraceError } from "../../protocol/base/errors.ts";
import { readRunToken } from "../crypto/run-token.ts";
import { deploymentSecrets } from "../crypto/secret.ts";
import { isDisabled } from "../index/users.ts";
import { executionStub } from "../objects/execution.ts";
import { runCredential } from "../rights/credentials.ts";
import { issuesRunTokens, rightsOfRun } from "../rights/of-run.ts";
import { rightsOfUser } from "../rights/of-user.ts";
import { rightsOf } from "../rights/permissions.ts";
import type { CredentialPrincipal } from "../rights/principal.ts";
import { runOf } from "../rights/run.ts";
import { FIRST_USER } from "./system-admin.ts";

/**
 * The principal of a run's token: the run's user, with the rights of the run in its pool. Throws `unauthorized` once the run has
 * ended: its object knows, whether it was told or not.
 */
export async function readRun(env: Env, text: string): Promise<CredentialPrincipal> {
  const read_ms = Date.now();
  const claims = await readRunToken(text, deploymentSecrets(env));
  if (!claims || !issuesRunTokens(env))
    throw new TailraceError("unauthorized", "Unauthorized - The run's token is not valid, or has expired.");
  const { lease, exp } = claims;
  const leased = await executionStub(env, lease.execution_id).runUnder(lease);
  if (!leased) throw new TailraceError("unauthorized", "Unauthorized - The run of this token has ended.");
  const { user, pool, rights } = await runOf(env, leased);
  if (await isDisabled(env.INDEX, user))
    throw new TailraceError("unauthorized", "Unauthorized - The user is disabled.");
  const { roles, ...present } = await rightsOfUser(env, user);
  const now = user === FIRST_USER ? { is_admin: true, grants: [] } : rightsOf(present);
  return {
    user,
    role: "user",
    roles,
    grants: rightsOfRun(rights, now, pool),
    pool: null,
    run: { execution_id: lease.execution_id, pool },
    method: "authentication token",
    credential: runCredential(lease),
    expires_ms: exp * 1000,
    read_ms,
  };
}
