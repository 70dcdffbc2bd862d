import { describe, expect, it } from "vitest";
import { PINGS_MISSING_MAX } from "../../protocol/base/limits.ts";
import {
  CREDIT_CHARS_MAX,
  CREDIT_CHARS_MIN,
  CREDIT_CHARS_OF_ALL,
} from "../../protocol/base/reader-limits.ts";
import {
  creditOf,
  type FollowerState,
  grantedTo,
  isDue,
  newFollower,
  sentTo,
  silentFrom_ms,
  windowOf,
  woken,
} from "../../src/execution/log/follower.ts";

const NOW_MS = 1_000_000;

function behind(change: Partial<FollowerState> = {}): FollowerState {
  return { ...newFollower({ after: 5, follow: true }, NOW_MS), ...change };
}

describe("the window of a follower", () => {
  const table: [string, number | undefined, number, number][] = [
    ["of one alone is the largest", undefined, 1, CREDIT_CHARS_MAX],
    ["among many is its share", undefined, 63, CREDIT_CHARS_OF_ALL / 64],
    ["among very many is the smallest", undefined, 10_000, CREDIT_CHARS_MIN],
    ["is not more than the follower asked for", 1_000, 1, 1_000],
    ["is not more than the share, if the follower asked for more", 2 * CREDIT_CHARS_MAX, 1, CREDIT_CHARS_MAX],
  ];
  it.each(table)("%s", (_, credit_max, count, chars) => {
    expect(windowOf({ credit_max }, count)).toBe(chars);
  });
});

describe("the credit of a follower", () => {
  it("falls with each part that is sent, and the cursor moves behind that part", () => {
    const follower = behind({ credit_max: 100 });
    sentTo(follower, 60, 9);
    expect(follower).toMatchObject({ cursor: 9, unread: 60 });
    expect(creditOf(follower, 1)).toBe(40);
    sentTo(follower, 60, 12);
    expect(creditOf(follower, 1)).toBe(-20);
  });

  const grants: [string, number, number, number][] = [
    ["gives back the granted characters", 60, 25, 35],
    ["gives back all that was sent", 60, 60, 0],
    ["gives no more than was sent", 60, 1_000, 0],
  ];
  it.each(grants)("a grant %s", (_, unread, chars, left) => {
    const follower = behind({ unread });
    grantedTo(follower, chars);
    expect(follower).toMatchObject({ unread: left, cursor: 5 });
  });

  const due: [string, number, boolean][] = [
    ["is served while half of its window is free", 50, true],
    ["waits while it has more than half of its window to read", 51, false],
  ];
  it.each(due)("a follower that is behind %s", (_, unread, is_due) => {
    expect(isDue(behind({ unread, credit_max: 100 }), 1)).toBe(is_due);
  });
});

describe("a follower", () => {
  it("is behind when it connects, at the cursor that it asked for", () => {
    const options = { follow: false, credit_max: 7, ping_ms: 9 };
    const state = { ...options, cursor: 3, live: false, unread: 0, since_ms: NOW_MS };
    expect(newFollower({ after: 3, ...options }, NOW_MS)).toEqual(state);
  });

  const wakes: [string, FollowerState, number, number][] = [
    [
      "at the end of the log with its whole credit, if it was live",
      behind({ live: true, unread: 30 }),
      20,
      0,
    ],
    ["where it was, if it was behind", behind({ unread: 30 }), 5, 30],
  ];
  it.each(wakes)("wakes %s", (_, kept, cursor, unread) => {
    expect(woken(kept, 20)).toEqual({ ...kept, cursor, unread });
  });

  const silences: [string, number, number][] = [
    ["its connection, while it has not pinged", 0, NOW_MS],
    ["its last ping", NOW_MS + 500, NOW_MS + 500],
  ];
  it.each(silences)("is silent some pings after %s", (_, pinged_ms, heard_ms) => {
    expect(silentFrom_ms(behind(), pinged_ms, 100)).toBe(heard_ms + PINGS_MISSING_MAX * 100);
  });
});
