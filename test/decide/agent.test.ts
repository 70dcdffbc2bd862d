import { describe, expect, it } from "vitest";
import { decide, type Event } from "../../src/execution/decide/decide.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import {
  contextOf,
  HOLDER,
  kindsOf,
  LEASE,
  NOW_MS,
  OTHER,
  runningState,
  stateIn,
  totalsTo,
} from "./states.ts";

const NONE = { stdout: 0, stderr: 0, other: 0 };

function append(first_seq: number, last_seq: number, holder = HOLDER) {
  const head = { first_seq, last_seq, bytes: NONE, gaps: 0, lines: NONE };
  return { kind: "append", holder, head, body: "lines" } as const;
}

function end(status: "succeeded" | "canceled", last_seq: number) {
  const result = { stdout: "done" };
  return { kind: "end", holder: HOLDER, end: { last_seq, status, exit_code: 0, result } } as const;
}

describe("a batch of an agent", () => {
  const unkept = { ...runningState().keeping, stream_output: false };

  it.each<[string, ExecutionState, ReturnType<typeof append>, string, number]>([
    ["is appended where it continues the log", runningState(), append(4, 6), "appended", 1],
    ["is held already where the log has it", runningState(), append(1, 3), "held", 0],
    ["leaves a gap where chunks before it are missing", runningState(), append(5, 6), "gap", 0],
    ["is unwanted where no output is kept", runningState({ keeping: unkept }), append(4, 6), "unwanted", 0],
    ["is refused without the lease", runningState(), append(4, 6, OTHER), "lease_lost", 0],
    [
      "is refused under a void lease",
      runningState({ lease: { ...LEASE, is_void: true } }),
      append(4, 6),
      "lease_lost",
      0,
    ],
    ["is refused after the end", stateIn("succeeded", { lease: LEASE }), append(4, 6), "ended", 0],
  ])("%s", (_, state, event, answer, rows) => {
    const decision = decide(state, event, contextOf({ totals: totalsTo(3) }));
    expect([decision.answer, decision.rows.length]).toEqual([answer, rows]);
    expect(decision.state).toBe(state);
  });
});

describe("a start", () => {
  it("sets the status running, and may be repeated", () => {
    const started = decide(
      stateIn("scheduled", { lease: LEASE }),
      { kind: "start", holder: HOLDER },
      contextOf(),
    );
    expect([started.answer, started.state.status]).toEqual(["held", "running"]);
    expect(started.state.lease?.is_begun).toBe(true);
    expect(kindsOf(started.effects)).toEqual(["heard", "announce", "tell_others"]);
    const again = decide(started.state, { kind: "start", holder: HOLDER }, contextOf());
    expect([again.answer, again.state.log.length]).toEqual(["held", started.state.log.length]);
  });

  it("of an execution that is being canceled is recorded, so that its agent ends it", () => {
    const state = stateIn("canceling", { lease: LEASE });
    const decision = decide(state, { kind: "start", holder: HOLDER }, contextOf());
    expect([decision.state.status, decision.state.lease?.is_begun]).toEqual(["canceling", true]);
  });
});

describe("an end", () => {
  const context = contextOf({ totals: totalsTo(3) });

  it("is accepted only after all output", () => {
    expect(decide(runningState(), end("succeeded", 4), context).answer).toBe("gap");
  });

  it("completes the execution with its result, ends the followers, and sets the output's expiry", () => {
    const decision = decide(runningState(), end("succeeded", 3), context);
    expect(decision.answer).toBe("held");
    expect(decision.state).toMatchObject({ status: "succeeded", exit_code: 0, end_ms: NOW_MS });
    expect(decision.state.outbox).toMatchObject({ index: true, pool: "release", parent: false });
    expect(decision.state.timers.expiry).toBe(NOW_MS + 7 * 24 * 60 * 60 * 1000);
    expect(decision.rows).toEqual([{ kind: "result", result: { stdout: "done" } }]);
    expect(kindsOf(decision.effects)).toEqual(["heard", "tell", "end_followers"]);
  });

  it("makes the run's token void, if it has one", () => {
    const issued = decide(runningState(), { kind: "issue_token", holder: HOLDER }, contextOf());
    expect([issued.answer, issued.state.token_epoch]).toEqual(["held", HOLDER.epoch]);
    const over = [
      end("succeeded", 3),
      { kind: "abandon", holder: HOLDER, reason: "agent_lost" } as const,
    ].map((event) => decide<Event>(issued.state, event, context).state.outbox.token);
    expect(over).toEqual([HOLDER.epoch, HOLDER.epoch]);
    expect(decide(runningState(), end("succeeded", 3), context).state.outbox.token).toBeUndefined();
    const lost = decide(stateIn("running"), { kind: "issue_token", holder: HOLDER }, contextOf());
    expect([lost.answer, lost.state.token_epoch]).toEqual(["lease_lost", undefined]);
  });

  it("passes through the skipped statuses", () => {
    const decision = decide(stateIn("scheduled", { lease: LEASE }), end("succeeded", 3), context);
    expect(decision.state.log.map(({ status }) => status)).toEqual(["scheduled", "running", "succeeded"]);
  });

  it("names the user who canceled the execution", () => {
    const state = runningState({ status: "canceling", canceled_by: "bob" });
    const { rows } = decide(state, end("canceled", 3), context);
    const result = { stdout: "done", message: "Action canceled by user.", user: "bob" };
    expect(rows).toEqual([{ kind: "result", result }]);
  });

  it("may be repeated, and is refused without the lease", () => {
    expect(decide(stateIn("succeeded", { lease: LEASE }), end("succeeded", 3), context).answer).toBe(
      "repeated",
    );
    expect(decide(runningState({ lease: null }), end("succeeded", 3), context).answer).toBe("lease_lost");
  });
});

describe("an agent that is back", () => {
  it("ends its grace time if it holds the lease", () => {
    const state = runningState({ timers: { ...runningState().timers, lease: NOW_MS + 1 } });
    const decision = decide(state, { kind: "agent_back", holder: HOLDER }, contextOf());
    expect([decision.answer, decision.state.timers.lease]).toEqual(["held", null]);
  });

  it("is told that its lease is lost, or that the execution has ended", () => {
    const back = { kind: "agent_back", holder: HOLDER } as const;
    expect(decide(runningState({ lease: null }), back, contextOf()).answer).toBe("lease_lost");
    expect(decide(stateIn("succeeded", { lease: LEASE }), back, contextOf()).answer).toBe("ended");
  });
});

describe("an action for several hosts", () => {
  it("becomes a family, and its lease and grace time end", () => {
    const children = [{ id: "child-1", name: "one", draft: new Uint8Array() }];
    const plan = { kind: "hosts", concurrency: 2, allow_partial_failure: true } as const;
    const before = runningState({ timers: { ...runningState().timers, lease: NOW_MS + 1 } });
    const { state, rows, effects } = decide(
      before,
      { kind: "expand", holder: HOLDER, plan, children },
      contextOf(),
    );
    expect(state).toMatchObject({ family: plan, lease: null, outbox: { pool: "release" } });
    expect(state.timers.lease).toBeNull();
    expect(rows).toEqual([{ kind: "plan", children }]);
    expect(kindsOf(effects)).toContain("tend");
  });
});
