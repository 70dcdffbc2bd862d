import { describe, expect, it } from "vitest";
import type { Status } from "../../protocol/base/status.ts";
import { decide } from "../../src/execution/decide/decide.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import {
  chainState,
  contextOf,
  hostsState,
  kindsOf,
  LEASE,
  NOW_MS,
  runningState,
  stateIn,
} from "./states.ts";

describe("a cancel", () => {
  it.each<[string, ExecutionState, Status, ExecutionState["outbox"]["pool"]]>([
    ["ends an execution that waits", stateIn("requested"), "canceled", "release"],
    ["ends a delayed execution", stateIn("delayed"), "canceled", "release"],
    [
      "ends an execution whose lease is void",
      stateIn("scheduled", { lease: { ...LEASE, is_void: true } }),
      "canceled",
      "release",
    ],
    [
      "asks the pool where an agent has the lease",
      stateIn("scheduled", { lease: LEASE }),
      "canceling",
      "cancel",
    ],
    ["asks the pool where an agent runs it", runningState(), "canceling", "cancel"],
    ["asks the children of a family", hostsState(), "canceling", null],
  ])("%s", (_, state, status, pool) => {
    const decision = decide(state, { kind: "cancel", user: "bob" }, contextOf());
    expect(decision.answer).toEqual({ kind: "taken" });
    expect(decision.state).toMatchObject({ status, canceled_by: "bob", outbox: { pool } });
    expect(decision.state.spec.context.cancelled_by).toBe("bob");
    expect(decision.rows).toEqual([
      { kind: "result", result: { message: "Action canceled by user.", user: "bob" } },
    ]);
    expect(kindsOf(decision.effects).includes("tend")).toBe(state.family !== null);
  });

  it("may be repeated, and is refused after another end has begun", () => {
    const cancel = { kind: "cancel", user: "bob" } as const;
    expect(decide(stateIn("canceled"), cancel, contextOf()).answer).toEqual({ kind: "taken" });
    for (const status of ["canceling", "succeeded", "failed", "timeout", "abandoned"] as const)
      expect(decide(stateIn(status), cancel, contextOf()).answer).toEqual({ kind: "refused", status });
  });
});

describe("a pause and a resume", () => {
  it.each<["pause" | "resume", Status, Status]>([
    ["pause", "running", "pausing"],
    ["pause", "pausing", "pausing"],
    ["pause", "paused", "paused"],
    ["resume", "paused", "resuming"],
    ["resume", "running", "running"],
    ["resume", "resuming", "resuming"],
  ])("%s a chain that is %s: it is then %s", (kind, from, to) => {
    const decision = decide(chainState(from), { kind, user: "bob" }, contextOf());
    expect(decision.answer).toEqual({ kind: "taken" });
    expect(decision.state.status).toBe(to);
  });

  it.each<["pause" | "resume", ExecutionState, RegExp]>([
    ["pause", runningState(), /not supported by the "local-shell-cmd" runner/],
    ["pause", chainState("succeeded"), /already in completed state/],
    ["pause", chainState("canceling"), /is not in a running state/],
    ["resume", chainState("canceling"), /is in "canceling" state and not in "paused" state/],
  ])("%s is refused in StackStorm's words", (kind, state, reason) => {
    const decision = decide(state, { kind, user: "bob" }, contextOf());
    expect(decision.answer).toEqual({ kind: "refused", reason: expect.stringMatching(reason) });
    expect(decision.state).toBe(state);
  });
});

describe("a report of an external runner", () => {
  const report = (state: ExecutionState, status: Status) =>
    decide(state, { kind: "update", status, result: { done: true } }, contextOf());

  it("passes through the skipped statuses", () => {
    const { state } = report(stateIn("requested"), "succeeded");
    expect(state.log.map(({ status }) => status)).toEqual(["requested", "scheduled", "running", "succeeded"]);
  });

  it("makes the agent that holds the execution end the process", () => {
    expect(kindsOf(report(runningState(), "failed").effects)).toEqual([
      "end_process",
      "tell",
      "end_followers",
    ]);
    expect(kindsOf(report(stateIn("running"), "failed").effects)).toEqual(["tell", "end_followers"]);
  });

  it("is refused after the end and for a parent", () => {
    expect(report(stateIn("failed"), "succeeded").answer).toEqual({ kind: "refused", status: "failed" });
    expect(report(hostsState(), "succeeded").answer).toEqual({ kind: "refused", status: "running" });
  });
});

describe("a delay", () => {
  it("is followed by a place in the queue", () => {
    const delayed = stateIn("delayed", { timers: { ...stateIn("delayed").timers, delay: NOW_MS } });
    const { state } = decide(delayed, { kind: "delay_over" }, contextOf());
    expect(state).toMatchObject({ status: "requested", outbox: { pool: "enqueue" } });
    expect(state.timers.delay).toBeNull();
  });
});

describe("a status", () => {
  it("is not earlier than the status before it where a clock was set back", () => {
    const { state } = decide(runningState(), { kind: "cancel", user: "bob" }, contextOf({ now_ms: 0 }));
    expect(state.log.at(-1)?.timestamp).toBe(state.log.at(-2)?.timestamp);
  });
});
