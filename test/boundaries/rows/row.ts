import type { Credential, CredentialName } from "../credentials.ts";
import type { Work, World } from "../world.ts";

/** The pools, and the execution that the requests are about. */
export interface Ground {
  world: World;
  work: Work;
}

/** One request. */
export interface Request {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** One endpoint, or one use of it, and the credentials that it opens to. All others are refused. */
export interface Row {
  route: string;
  /** Tells apart the rows of one route. */
  what?: string;
  opens: readonly CredentialName[] | "all";
  /** Credentials that get 400 instead of a refusal, as the server has no offer for them. */
  not_offered?: readonly CredentialName[];
  /** Makes the request, which is the same for every credential. A change gets a new object to change. */
  request: (ground: Ground) => Request | Promise<Request>;
  /**
   * The request that succeeds, and its credential. It is sent last. Without it, the first credential in `opens` sends
   * `request`.
   */
  good?: (ground: Ground) => Promise<Request & { by: Credential }>;
}
export const ADMINS = ["an administrator", "a system administrator"] as const;
export const RUNNERS = ["a user of the action in the pool", "a run's token", ...ADMINS] as const;
export const VIEWERS = [...RUNNERS, "an observer"] as const;
export const LINKED = [...VIEWERS, "a link"] as const;
export const GRANTED = [
  ...VIEWERS,
  "a user of another pack",
  "a user of another pool",
  "a user of another action",
  "another pool's run",
] as const;
export const USERS = [...GRANTED, "a user without grants"] as const;
/** The tokens of runs, which open nothing that outlives the run. */
export const RUNS = ["a run's token", "another pool's run"] as const;
export const SIGNED_IN = withoutRuns(USERS);
export const SYSTEM = ["a system administrator"] as const;
export const AGENTS = ["the agent", "another agent of the pool"] as const;
export const LEASE = ["the lease"] as const;

/** A user who may run the action only in another pool gets 400, with the pools that they may name. */
export const ELSEWHERE = { not_offered: ["a user of another pool", "another pool's run"] } as const;

export function withoutRuns(names: readonly CredentialName[]): CredentialName[] {
  return names.filter((name) => !RUNS.some((run) => run === name));
}

/** An endpoint at its own path that changes nothing. */
export function read(route: string, opens: Row["opens"], path: (ground: Ground) => string): Row {
  return { route, opens, request: (ground) => ({ path: path(ground) }) };
}

/** An endpoint with a request that is made for it. */
export function write(
  route: string,
  opens: Row["opens"],
  request: Row["request"],
  more: Partial<Row> = {},
): Row {
  return { route, opens, request, ...more };
}
