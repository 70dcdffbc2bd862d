import { TailraceError } from "../../protocol/base/errors.ts";
import { RIGHTS_GRANTS_MAX } from "../../protocol/base/limits.ts";
import { includedIn, type Rights } from "../../protocol/model/permissions.ts";
import { rightsOfUser } from "./of-user.ts";
import { rightsOf } from "./permissions.ts";
import type { Principal } from "./principal.ts";

/** A run's user and pool, and its rights. */
export interface Run {
  user: string;
  pool: string;
  rights: Rights;
}

/**
 * The rights of a run that a principal starts in a user's name: those the user has now. Only the rights that a run can use
 * are kept: keys, and actions of its chains.
 */
export async function rightsToRun(env: Env, principal: Principal, user: string): Promise<Rights> {
  const rights = user === principal.user ? rightsOf(principal) : rightsOf(await rightsOfUser(env, user));
  if (rights.is_admin) return { is_admin: true, grants: [] };
  const grants = rights.grants.filter(({ permission }) => isUsedByRuns(includedIn(permission)));
  if (grants.length > RIGHTS_GRANTS_MAX) {
    throw new TailraceError("invalid", `A run carries at most ${RIGHTS_GRANTS_MAX} grants of its user.`);
  }
  return { is_admin: false, grants };
}

/** The run of an execution. An execution stored before runs had rights gets those that its user has now. */
export async function runOf(
  env: Env,
  { context, pool, rights }: { context: { user: string }; pool: string; rights?: Rights },
): Promise<Run> {
  const { user } = context;
  return { user, pool, rights: rights ?? rightsOf(await rightsOfUser(env, user)) };
}

function isUsedByRuns(brought: ReadonlySet<string>): boolean {
  return brought.has("action_execute") || brought.has("key_value_pair_list");
}
