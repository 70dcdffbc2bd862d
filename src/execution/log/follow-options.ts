/** What a follower asks for as it connects. */
export interface FollowOptions {
  /** The sequence number behind which it begins. */
  after: number;
  /** False: it wants what there is, and then the end of the connection. */
  follow: boolean;
  /** The most credit that it ever has; undefined for its share of what all have. */
  credit_max?: number | undefined;
  /** How often it promises to ping; undefined for one that promises nothing, and is never taken for dead. */
  ping_ms?: number | undefined;
}

/** The query of these options, for the object's address. */
export function followQuery({ after, follow, credit_max, ping_ms }: FollowOptions): string {
  const credit = credit_max === undefined ? "" : `&credit_max=${credit_max}`;
  const pings = ping_ms === undefined ? "" : `&ping_ms=${ping_ms}`;
  return `after=${after}&follow=${follow}${credit}${pings}`;
}

/** Reads what `followQuery` makes, which the Worker has checked. */
export function readFollowOptions(query: URLSearchParams): FollowOptions {
  const credit_max = query.get("credit_max");
  const ping_ms = query.get("ping_ms");
  return {
    after: Number(query.get("after")),
    follow: query.get("follow") !== "false",
    ...(credit_max === null ? {} : { credit_max: Number(credit_max) }),
    ...(ping_ms === null ? {} : { ping_ms: Number(ping_ms) }),
  };
}
