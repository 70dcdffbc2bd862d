/** The options with which a follower connects. */
export interface FollowOptions {
  /** It begins after this sequence number. */
  after: number;
  /** False: it gets the stored output, then the connection ends. */
  follow: boolean;
  /** Its largest credit; undefined for its share of the credit of all followers. */
  credit_max?: number | undefined;
  /** Its ping interval; undefined if it does not ping: then it never counts as silent. */
  ping_ms?: number | undefined;
  /** The isolate of its reader, which shares pushes with other followers there; undefined if it gets all lines itself. */
  isolate?: string | undefined;
}

/** The query of these options, for the object's address. */
export function followQuery({ after, follow, credit_max, ping_ms, isolate }: FollowOptions): string {
  const credit = credit_max === undefined ? "" : `&credit_max=${credit_max}`;
  const pings = ping_ms === undefined ? "" : `&ping_ms=${ping_ms}`;
  const shares = isolate === undefined ? "" : `&isolate=${isolate}`;
  return `after=${after}&follow=${follow}${credit}${pings}${shares}`;
}

/** Reads the query that `followQuery` writes. The Worker has checked its values. */
export function readFollowOptions(query: URLSearchParams): FollowOptions {
  const credit_max = query.get("credit_max");
  const ping_ms = query.get("ping_ms");
  const isolate = query.get("isolate");
  return {
    after: Number(query.get("after")),
    follow: query.get("follow") !== "false",
    ...(credit_max === null ? {} : { credit_max: Number(credit_max) }),
    ...(ping_ms === null ? {} : { ping_ms: Number(ping_ms) }),
    ...(isolate === null ? {} : { isolate }),
  };
}
