import { describe, expect, it } from "vitest";
import { decide } from "../../src/execution/decide/decide.ts";
import { offerOf } from "../../src/execution/state/final.ts";
import type { Outbox } from "../../src/execution/state/state.ts";
import { chainState, contextOf, kindsOf, LEASE, NOW_MS, runningState, stateIn, totalsTo } from "./states.ts";

const waiting = stateIn("requested");
const owing = (changes: Partial<Outbox>, state = waiting) => ({
  ...state,
  outbox: { ...state.outbox, ...changes },
});

describe("the outbox", () => {
  it("drops what each receiver has taken", () => {
    const state = owing({ index: true, pool: "enqueue", parent: true, announced: 0 });
    const told = {
      kind: "told",
      index: 1,
      parent: "requested",
      hub: 1,
      pool: { what: "enqueue", answer: "taken" },
      is_failed: false,
    } as const;
    const { outbox, timers } = decide(state, told, contextOf()).state;
    expect(outbox).toEqual({ index: false, pool: null, parent: false, announced: 1 });
    expect(timers.outbox).toBeNull();
  });

  it("tells of a void token until its streams are ended", () => {
    const state = owing({ token: 2 }, runningState());
    const failed = decide(state, { kind: "told", is_failed: true }, contextOf()).state;
    expect([failed.outbox.token, failed.timers.outbox]).toEqual([2, NOW_MS + 2_000]);
    const told = decide(state, { kind: "told", token: 2, is_failed: false }, contextOf()).state;
    expect([told.outbox.token, told.timers.outbox]).toEqual([null, null]);
  });

  it("keeps changes that came after the delivery", () => {
    const state = { ...owing({ index: true, pool: "cancel", parent: true }), version: 2 };
    const told = {
      kind: "told",
      index: 1,
      parent: "paused",
      pool: { what: "enqueue", answer: "taken" },
      is_failed: false,
    } as const;
    const { outbox, timers } = decide(state, told, contextOf()).state;
    expect(outbox).toMatchObject({ index: true, pool: "cancel", parent: true });
    expect(timers.outbox).toBe(NOW_MS + 1_000);
  });

  it("repeats a failed delivery, and asks a full queue again later", () => {
    const failed = decide(owing({ index: true }), { kind: "told", is_failed: true }, contextOf()).state;
    expect(failed.timers.outbox).toBe(NOW_MS + 2_000);
    const pool = { what: "enqueue", answer: "full" } as const;
    const full = decide(
      owing({ pool: "enqueue" }),
      { kind: "told", pool, is_failed: false },
      contextOf(),
    ).state;
    expect([full.outbox.pool, full.timers.outbox]).toEqual(["enqueue", NOW_MS + 10_000]);
  });

  it.each([
    ["a delivery, because a repetition does no harm", owing({ pool: "enqueue" }), {}, true],
    ["a failed one", owing({ index: true }), { is_failed: true }, false],
    ["a full queue", owing({ pool: "enqueue" }), { pool: { what: "enqueue", answer: "full" } }, false],
    ["the last one of an ended execution", owing({ pool: "release" }, stateIn("failed")), {}, false],
    ["one of several of an ended execution", owing({ index: true }, stateIn("failed")), {}, true],
  ] as const)("may store later what it notes about %s: %#", (_, state, told, may_wait) => {
    const pool = { what: state.outbox.pool ?? "release", answer: "taken" } as const;
    const decision = decide(state, { kind: "told", pool, is_failed: false, ...told }, contextOf());
    expect(decision.may_wait).toBe(may_wait);
  });

  it("ends an execution whose cancel reached no agent", () => {
    const pool = { what: "cancel", answer: "unheld" } as const;
    const state = owing({ pool: "cancel" }, stateIn("canceling", { lease: LEASE }));
    const told = decide(state, { kind: "told", pool, is_failed: true }, contextOf()).state;
    expect([told.status, told.outbox.pool]).toEqual(["canceled", "release"]);
  });

  it("makes the agent of a running execution send at once for its first follower", () => {
    expect(kindsOf(decide(runningState(), { kind: "followed" }, contextOf()).effects)).toEqual([
      "ask_for_output",
    ]);
    expect(decide(waiting, { kind: "followed" }, contextOf()).effects).toEqual([]);
  });
});

describe("the time in the queue", () => {
  it("ends an execution that waits, unless an agent has just taken it", () => {
    const due = decide(waiting, { kind: "queue_due" }, contextOf());
    expect([due.effects, due.state.timers.queue]).toEqual([[{ kind: "withdraw" }], NOW_MS + 5_000]);
    const state = { ...waiting, spec: { ...waiting.spec, queue_timeout_seconds: 30 } };
    const { state: ended, rows } = decide(state, { kind: "withdrawn", reason: "no agent" }, contextOf());
    expect(ended.status).toBe("timeout");
    const error = "It waited 30 seconds in the queue: no agent.";
    expect(rows).toEqual([{ kind: "result", result: { failed: true, succeeded: false, error } }]);
  });

  it.each([
    ["runs", runningState()],
    ["has ended", stateIn("canceled")],
    ["is a chain", chainState("requested")],
  ])("does not matter for an execution that %s", (_, state) => {
    expect(decide(state, { kind: "withdrawn", reason: "no agent" }, contextOf()).state).toBe(state);
    const due = decide(state, { kind: "queue_due" }, contextOf());
    expect([due.effects, due.state.timers.queue]).toEqual([[], null]);
  });
});

describe("a completed creation", () => {
  it("is stored as it is, and tells the index nothing, which has its row", () => {
    const decision = decide(owing({ pool: "enqueue" }), { kind: "made" }, contextOf());
    expect(decision.state.outbox).toMatchObject({ index: false, pool: "enqueue" });
    expect([decision.rows, decision.effects, decision.may_wait]).toEqual([[], [], undefined]);
  });

  it("of an execution that has failed already ends it", () => {
    const decision = decide(waiting, { kind: "made", failure: "no template" }, contextOf());
    expect(decision.state.status).toBe("failed");
    expect(decision.rows).toEqual([{ kind: "result", result: { error: "no template" } }]);
  });
});

describe("the retention of an execution", () => {
  const ended = stateIn("succeeded", { timers: { ...waiting.timers, expiry: NOW_MS, removal: NOW_MS } });

  it("is stopped by a pin, and begins again without it", () => {
    const pinned = decide(ended, { kind: "pin", pinned: true }, contextOf()).state;
    expect([pinned.timers.expiry, pinned.timers.removal]).toEqual([null, null]);
    const free = decide(pinned, { kind: "pin", pinned: false }, contextOf()).state;
    expect(free.timers.expiry).toBe(NOW_MS + 7 * 24 * 60 * 60 * 1000);
  });

  it("ends with the deletion of the output, whose totals stay", () => {
    const { state, rows, effects } = decide(
      ended,
      { kind: "expiry_due" },
      contextOf({ totals: totalsTo(9) }),
    );
    expect(state.expired).toEqual({ totals: totalsTo(9), at_ms: NOW_MS });
    expect(rows).toEqual([{ kind: "clear_log" }]);
    expect(kindsOf(effects)).toEqual(["dismiss_followers", "shrink", "tell"]);
  });

  it("is extended while the parent lacks some of the output", () => {
    const { state, rows } = decide(owing({ parent: true }, ended), { kind: "expiry_due" }, contextOf());
    expect([state.expired, state.timers.expiry, rows]).toEqual([null, NOW_MS + 2_000, []]);
  });

  it.each([
    { of: "this release", pinned: decide(ended, { kind: "pin", pinned: true }, contextOf()).state },
    { of: "an earlier one", pinned: stateIn("succeeded", { pinned: true }) },
  ])("is extended while the row may be from the time of a pin by $of", ({ pinned }) => {
    const unpinned = decide(pinned, { kind: "pin", pinned: false }, contextOf()).state;
    const late = decide(unpinned, { kind: "expiry_due" }, contextOf());
    expect([late.state.expired, late.state.timers.expiry, late.rows]).toEqual([null, NOW_MS + 2_000, []]);
    expect(kindsOf(late.effects)).toEqual(["tell"]);
    const told = decide(
      late.state,
      { kind: "told", index: unpinned.version, is_failed: false },
      contextOf(),
    ).state;
    expect(decide(told, { kind: "expiry_due" }, contextOf()).rows).toEqual([{ kind: "clear_log" }]);
    const never_pinned = owing({ index: true }, ended);
    expect(decide(never_pinned, { kind: "expiry_due" }, contextOf()).rows).toEqual([{ kind: "clear_log" }]);
  });

  it("ends with the removal of the row and then of everything, unless a change came first", () => {
    const due = decide(ended, { kind: "removal_due" }, contextOf());
    expect([due.effects, due.state.timers.removal]).toEqual([[{ kind: "remove" }], NOW_MS + 2_000]);
    const row_deleted = { kind: "row_deleted" } as const;
    expect(kindsOf(decide(ended, row_deleted, contextOf()).effects)).toEqual(["delete_all"]);
    const pinned = decide({ ...ended, pinned: true }, row_deleted, contextOf());
    expect([kindsOf(pinned.effects), pinned.state.outbox.index]).toEqual([["tell"], true]);
  });
});

describe("texts to remove", () => {
  const ended = stateIn("succeeded");

  it("wait until the execution has ended", () => {
    const redact = { kind: "redact", texts: ["a"] } as const;
    expect(decide(runningState(), redact, contextOf()).answer).toEqual({
      kind: "refused",
      status: "running",
    });
    const { rows, state, effects } = decide(ended, redact, contextOf({ redaction: ["b", "a"] }));
    expect(rows).toEqual([{ kind: "redaction", texts: ["b", "a"] }]);
    expect([state.timers.redaction, effects]).toEqual([NOW_MS + 2_000, [{ kind: "redact" }]]);
  });

  it("change the row before the log and after it, so that the cache offers no older output", () => {
    const begun = decide(ended, { kind: "redact", texts: ["a"] }, contextOf());
    const done = decide(begun.state, { kind: "redacted", texts: ["a"] }, contextOf({ redaction: ["a"] }));
    expect([begun.state.version, done.state.version]).toEqual([ended.version + 1, ended.version + 2]);
    expect([ended, begun.state, done.state].map((state) => offerOf(state) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("stay stored until they have been removed", () => {
    const redacted = { kind: "redacted", texts: ["a"] } as const;
    const some = decide(ended, redacted, contextOf({ redaction: ["a", "b"] }));
    expect([some.rows, some.state.timers.redaction]).toEqual([
      [{ kind: "redaction", texts: ["b"] }],
      NOW_MS + 2_000,
    ]);
    const all = decide(ended, redacted, contextOf({ redaction: ["a"] }));
    expect([all.rows, all.state.timers.redaction]).toEqual([[{ kind: "redaction", texts: [] }], null]);
  });
});
