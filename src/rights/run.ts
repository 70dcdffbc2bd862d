import { TailraceError } from "../../protocol/base/errors.ts";
import { RIGHTS_GRANTS_MAX } from "../../protocol/base/limits.ts";
import { bringsOf, type Rights } from "../../protocol/model/permissions.ts";
import { rightsOfUser } from "./of-user.ts";
import { rightsOf } from "./permissions.ts";
import type { Principal } from "./principal.ts";

/** For whom and where something runs, and what it may do. */
export interface Run {
  user: string;
  pool: string;
  rights: Rights;
}

/**
 * What a run may do that a principal starts in a user's name: as much as that user may now. Only what a run can make use of
 * is kept: keys, and actions that its chains may run.
 */
export async function rightsToRun(env: Env, principal: Principal, user: string): Promise<Rights> {
  const rights = user === principal.user ? rightsOf(principal) : rightsOf(await rightsOfUser(env, user));
  if (rights.is_admin) return { is_admin: true, grants: [] };
  const grants = rights.grants.filter(({ permission }) => ofRuns(bringsOf(permission)));
  if (grants.length > RIGHTS_GRANTS_MAX) {
    throw new TailraceError("invalid", `A run carries at most ${RIGHTS_GRANTS_MAX} grants of its user.`);
  }
  return { is_admin: false, grants };
}

/** An execution's run. One that was stored before runs had rights has those that its user has now. */
export async function runOf(
  env: Env,
  { context, pool, rights }: { context: { user: string }; pool: string; rights?: Rights },
): Promise<Run> {
  const { user } = context;
  return { user, pool, rights: rights ?? rightsOf(await rightsOfUser(env, user)) };
}

function ofRuns(brought: ReadonlySet<string>): boolean {
  return brought.has("action_execute") || brought.has("key_value_pair_list");
}
