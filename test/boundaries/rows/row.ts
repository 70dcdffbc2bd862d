import type { Credential, CredentialName } from "../credentials.ts";
import type { Work, World } from "../world.ts";

/** Where the table is tried: the pools, and the execution that all that is asked for is about. */
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

/** One endpoint, or one thing that may be asked of it, and all that it opens to. Everything else is refused. */
export interface Row {
  route: string;
  /** Of a route with several rows. */
  what?: string;
  opens: readonly CredentialName[] | "all";
  /** Whom it tells that there is nothing for them, by another status than a refusal. */
  not_offered?: readonly CredentialName[];
  /** What is asked, the same of every credential. What it is about is made anew where it changes something. */
  request: (ground: Ground) => Request | Promise<Request>;
  /** The same, as it is answered well: the last to ask. Without it, the first that it opens to. */
  good?: (ground: Ground) => Promise<Request & { by: Credential }>;
}
export const ADMINS = ["an administrator", "a system administrator"] as const;
export const RUNNERS = ["a user of the action in the pool", ...ADMINS] as const;
export const VIEWERS = [...RUNNERS, "an observer"] as const;
export const LINKED = [...VIEWERS, "a link"] as const;
export const GRANTED = [
  ...VIEWERS,
  "a user of another pack",
  "a user of another pool",
  "a user of another action",
] as const;
export const USERS = [...GRANTED, "a user without grants"] as const;
export const SYSTEM = ["a system administrator"] as const;
export const AGENTS = ["the agent", "another agent of the pool"] as const;
export const LEASE = ["the lease"] as const;

/** What one may run elsewhere only is no offer of this pool to them: 400, with the pools that they may name. */
export const ELSEWHERE = { not_offered: ["a user of another pool"] } as const;
/** An endpoint at a path of its own that changes nothing. */
export function read(route: string, opens: Row["opens"], path: (ground: Ground) => string): Row {
  return { route, opens, request: (ground) => ({ path: path(ground) }) };
}

/** An endpoint that is about something which is made for it. */
export function write(
  route: string,
  opens: Row["opens"],
  request: Row["request"],
  more: Partial<Row> = {},
): Row {
  return { route, opens, request, ...more };
}
