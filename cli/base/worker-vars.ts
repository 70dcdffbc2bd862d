import { FOLLOWERS_MAX } from "../../protocol/base/reader-limits.ts";

/** One setting of the Worker: its name as the Worker has it, its default on an account, and its default in the local server. */
export interface WorkerVar {
  name: string;
  /** On an account; wrangler.toml has the same. */
  standard: string | number | boolean;
  /** In the local server. */
  own: string | number | boolean;
  min: number;
  /** Whether a number may have decimals: a time or a rate may. */
  has_decimals: boolean;
  text: string;
}

/** The Worker's settings by topic. wrangler.toml explains them at length; a test compares the two. */
export const WORKER_VARS: Readonly<Record<string, readonly WorkerVar[]>> = {
  "Pools and limits": [
    item("LEASE_GRACE_SECONDS", 120, "how long an execution runs on whose agent is gone", {
      has_decimals: true,
    }),
    item("POOL_RUNNING_MAX", 0, "executions that run at once in a pool; 0: no limit"),
    item("POOL_WAITING_MAX", 20_000, "executions that wait for an agent in a pool; 0: no limit"),
    item("USER_RUNNING_MAX", 0, "of those that run, one user's; 0: no limit"),
    item("USER_WAITING_MAX", 10_000, "of those that wait, one user's; 0: no limit"),
    item("BODY_WAIT_SECONDS", 30, "how long a request's body may take to arrive", {
      min: 1,
      has_decimals: true,
    }),
    item("REQUESTS_PER_SECOND_MAX", 200, "requests a second of one key", { min: 1 }),
    item("STREAMS_PER_KEY_MAX", 500, "open streams of one key", { min: 1 }),
    item("BODIES_PER_KEY_MAX", 1000, "unfinished requests of one key", { min: 1 }),
  ],
  Retention: [
    item("OUTPUT_TTL_DAYS", 7, "how long output is kept after the end; 0: for ever", { has_decimals: true }),
    item("EXECUTION_TTL_DAYS", 0, "how long an execution is kept after the end; 0: for ever", {
      has_decimals: true,
    }),
    item("AUDIT_TTL_DAYS", 365, "how long the audit log is kept; 0: for ever", { has_decimals: true }),
    item("STREAM_OUTPUT", true, "stream and store output; false keeps the result alone"),
    item("OUTPUT_BYTES_MAX", 1_073_741_824, "bytes of one execution's output; 0: no limit"),
  ],
  "Users and access": [
    item("RBAC_ENABLED", false, "roles count; false makes every user an administrator"),
    item("ACTION_AUTH_TOKEN", false, "give each run a token of its user (ST2_ACTION_AUTH_TOKEN)"),
    item("TOKEN_TTL_SECONDS_MAX", 86_400, "how long a token lives at most", { min: 1 }),
    item("CLIENT_ADDRESS_HEADER", "cf-connecting-ip", "the proxy's header with a client's address", {
      own: "",
    }),
    item("CORS_ORIGINS", "", "origins whose pages may use a user's cookie, separated by commas"),
    item("SSO_ISSUER", "", "single sign-on: the issuer of assertions"),
    item("SSO_AUDIENCE", "", "single sign-on: whom they are for"),
    item("SSO_JWKS_URL", "", "single sign-on: where the issuer's keys are"),
    item("SSO_ROLES", "", "single sign-on: JSON of the roles that users and groups get"),
  ],
  Streaming: [
    item("STREAM_REPLAY", true, "an execution's event stream begins with its earlier output"),
    item("API_OUTPUT_FOLLOW", true, "the API's output stays open until the end"),
    // No append is billed here.
    item("APPENDS_PER_SECOND", 3, "appends a second of a steady stream; 0: no limit", {
      own: 0,
      has_decimals: true,
    }),
    item("EVENT_HUB_SHARDS", 1, "objects that share the event stream", { min: 1 }),
    // Relays would run on the thread of the object that they are to help.
    item("FOLLOWERS_PER_OBJECT", 500, "followers of one object; others follow at relays", {
      own: FOLLOWERS_MAX,
      min: 1,
    }),
    item("RELAY_LEVELS", 2, "levels of relays; 0: none"),
    item("RELAY_REGIONS", "", "regions whose readers follow at a relay, separated by commas"),
    // A cache on the same disk would store outputs a second time.
    item("CACHED_PAGES_MAX", 200, "pages of an ended output from the edge's cache; 0: none", { own: 0 }),
  ],
};

/** The local server's settings. No Cloudflare is in front of it: any client could send the header that Cloudflare sets. */
export function ownVars(): Record<string, string | number | boolean> {
  return Object.fromEntries(allVars().map(({ name, own }) => [name, own]));
}

export function allVars(): WorkerVar[] {
  return Object.values(WORKER_VARS).flat();
}

function item(
  name: string,
  standard: string | number | boolean,
  text: string,
  {
    own = standard,
    min = 0,
    has_decimals = false,
  }: Partial<Pick<WorkerVar, "own" | "min" | "has_decimals">> = {},
): WorkerVar {
  return { name, standard, own, min, has_decimals, text };
}
