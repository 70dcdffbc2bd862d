import { PINGS_MISSING_MAX } from "../../../protocol/base/limits.ts";
import {
  CREDIT_CHARS_MAX,
  CREDIT_CHARS_MIN,
  CREDIT_CHARS_OF_ALL,
} from "../../../protocol/base/reader-limits.ts";
import { type Hearing, heardAt_ms } from "../../sockets/hearing.ts";
import type { FollowOptions } from "./follow-options.ts";

/**
 * The state of one follower, without its socket, that survives hibernation. It is stored when the follower goes live or
 * falls behind, and with each grant while it is behind, but not with each push.
 */
export interface FollowerState extends Omit<FollowOptions, "after">, Hearing {
  /** The last sequence number that was sent to it. */
  cursor: number;
  /** Whether the cursor is the end of the log. */
  live: boolean;
  /** Characters that were sent and not granted back yet. Its credit is its window less these. */
  unread: number;
}

/** A follower that has just connected: it is behind until its first replay reaches the end. */
export function newFollower({ after, ...options }: FollowOptions, now_ms: number): FollowerState {
  return { ...options, cursor: after, live: false, unread: 0, since_ms: now_ms };
}

/** A follower after hibernation. A live one had received the whole log, and had credit. */
export function woken(kept: FollowerState, last_seq: number): FollowerState {
  return kept.live ? { ...kept, cursor: last_seq, unread: 0 } : kept;
}

/** The end of the log that live followers had before hibernation; undefined if none was live. */
export function notedSeq(kept: readonly FollowerState[]): number | undefined {
  const cursors = kept.flatMap(({ live, cursor }) => (live ? [cursor] : []));
  return cursors.length === 0 ? undefined : Math.max(...cursors);
}

/**
 * The credit of a follower; `count` is the number of followers. After a page or a push that was longer than the credit, it
 * is below 0.
 */
export function creditOf(follower: FollowerState, count: number): number {
  return windowOf(follower, count) - follower.unread;
}

/** The credit of a follower that has consumed everything. The more followers there are, the less each has. */
export function windowOf(
  { credit_max = CREDIT_CHARS_MAX }: Pick<FollowerState, "credit_max">,
  count: number,
): number {
  const share = Math.floor(CREDIT_CHARS_OF_ALL / (count + 1));
  return Math.min(credit_max, Math.max(CREDIT_CHARS_MIN, Math.min(CREDIT_CHARS_MAX, share)));
}

/** Moves the cursor past sent lines. It changes the state in place, because a push calls it for each follower. */
export function sentTo(follower: FollowerState, chars: number, last_seq: number): void {
  follower.cursor = last_seq;
  follower.unread += chars;
}

/** Takes a grant. A grant of more than was sent does not exceed the window. */
export function grantedTo(follower: FollowerState, chars: number): void {
  follower.unread = Math.max(0, follower.unread - chars);
}

/**
 * Whether a follower that is behind is served now: only once half of its window is free, because many small parts cost
 * more.
 */
export function isDue(follower: FollowerState, count: number): boolean {
  return follower.unread <= windowOf(follower, count) / 2;
}

/** When a follower that pings this often counts as silent. */
export function silentFrom_ms(hearing: Hearing, pinged_ms: number, ping_ms: number): number {
  return heardAt_ms(hearing, pinged_ms) + PINGS_MISSING_MAX * ping_ms;
}
