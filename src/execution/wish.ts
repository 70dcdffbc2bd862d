/** What a follower asks for as it connects. */
export interface FollowWish {
  /** The sequence number behind which it begins. */
  after: number;
  /** False: it wants what there is, and then the end of the connection. */
  follow: boolean;
  /** The most credit that it ever has; undefined for its share of what all have. */
  credit_max?: number | undefined;
}

/** Reads `?after=SEQ&follow=true|false&credit_max=CHARS`, which the Worker has checked. */
export function readWish(query: URLSearchParams): FollowWish {
  const credit_max = query.get("credit_max");
  return {
    after: Number(query.get("after")),
    follow: query.get("follow") !== "false",
    ...(credit_max === null ? {} : { credit_max: Number(credit_max) }),
  };
}
