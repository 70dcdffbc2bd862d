import { describe, expect, it } from "vitest";
import { decide } from "../../src/execution/decide/decide.ts";
import { nextLook } from "../../src/execution/decide/grace.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import {
  contextOf,
  HOLDER,
  hostsState,
  kindsOf,
  LEASE,
  NOW_MS,
  OTHER,
  runningState,
  stateIn,
} from "./states.ts";

const LATER = { ...HOLDER, epoch: 2, agent_id: "agent-2" };
const scheduled = stateIn("scheduled", { lease: LEASE });

describe("an execution that is given to an agent", () => {
  const table: [string, ExecutionState, typeof HOLDER, object, string][] = [
    ["is given while it waits", stateIn("requested"), HOLDER, { kind: "given" }, "scheduled"],
    [
      "is given again under a later epoch while no agent has started it",
      scheduled,
      LATER,
      { kind: "given" },
      "scheduled",
    ],
    [
      "stays with its agent under the same epoch",
      scheduled,
      OTHER,
      { kind: "held", epoch: 1, agent_id: "agent-1", started: false },
      "scheduled",
    ],
    [
      "stays with the agent that has started it",
      runningState(),
      LATER,
      { kind: "held", epoch: 1, agent_id: "agent-1", started: true },
      "running",
    ],
    [
      "names no agent where the latest lease is void",
      stateIn("scheduled", { lease: { ...LEASE, is_void: true } }),
      OTHER,
      { kind: "held", epoch: 1, agent_id: null, started: false },
      "scheduled",
    ],
    [
      "is canceled where a cancel came first",
      stateIn("canceling", { lease: { ...LEASE, is_void: true } }),
      LATER,
      { kind: "over" },
      "canceled",
    ],
    [
      "is over for another pool",
      stateIn("requested"),
      { ...HOLDER, pool: "other" },
      { kind: "over" },
      "requested",
    ],
    [
      "is over while its children run, and their end has to cancel it",
      hostsState("canceling"),
      LATER,
      { kind: "over" },
      "canceling",
    ],
    ["is over after its end", stateIn("succeeded"), HOLDER, { kind: "over" }, "succeeded"],
  ];

  it.each(table)("%s", (_, state, holder, answer, status) => {
    const decision = decide(state, { kind: "give", holder, agent_name: "build host" }, contextOf());
    expect(decision.answer).toEqual(answer);
    expect(decision.state.status).toBe(status);
  });

  it("is announced to its followers, a moment later to the other objects, and its earlier agent's grace time ends", () => {
    const state = stateIn("requested", { timers: { ...stateIn("requested").timers, lease: NOW_MS } });
    const decision = decide(state, { kind: "give", holder: HOLDER, agent_name: "build host" }, contextOf());
    expect(decision.state.lease).toEqual(LEASE);
    expect(decision.state.timers.lease).toBeNull();
    expect(decision.state.outbox.index).toBe(true);
    expect(kindsOf(decision.effects)).toEqual(["announce"]);
  });

  it("does not change the state before it", () => {
    const state = stateIn("requested");
    const before = structuredClone(state);
    decide(state, { kind: "give", holder: HOLDER, agent_name: "build host" }, contextOf());
    expect(state).toEqual(before);
  });
});

describe("a lease that its pool voids", () => {
  it.each<[string, ExecutionState, boolean, string]>([
    ["is void where no agent has started", scheduled, true, "scheduled"],
    ["stays where its agent has started", runningState(), false, "running"],
    ["ends an execution that is to be canceled", stateIn("canceling", { lease: LEASE }), true, "canceled"],
    [
      "is not needed where another lease is in force",
      stateIn("scheduled", { lease: { ...LEASE, epoch: 2 } }),
      true,
      "scheduled",
    ],
  ])("%s", (_, state, answer, status) => {
    const decision = decide(state, { kind: "unlease", holder: HOLDER }, contextOf());
    expect(decision.answer).toBe(answer);
    expect(decision.state.status).toBe(status);
  });
});

describe("a lost agent", () => {
  const lostAt = (heard_ms: number | null, state = runningState()) =>
    decide(state, { kind: "agent_lost", holder: HOLDER, heard_ms }, contextOf()).state.timers.lease;

  it("has its grace time from the moment when it was last heard", () => {
    expect(lostAt(NOW_MS - 10_000)).toBe(NOW_MS + 50_000);
  });

  it("has no grace time left after a long silence, and no more than one where a clock was set back", () => {
    expect(lostAt(0)).toBe(NOW_MS);
    expect(lostAt(NOW_MS + 500_000)).toBe(NOW_MS + 60_000);
  });

  it("gets no longer grace time if a pool that does not know when it heard the agent repeats the loss", () => {
    const state = runningState({ timers: { ...runningState().timers, lease: NOW_MS + 5_000 } });
    expect(lostAt(null, state)).toBe(NOW_MS + 5_000);
    expect(lostAt(null)).toBe(NOW_MS + 60_000);
  });

  it("has the whole grace time where it was heard since an earlier loss", () => {
    const state = runningState({ timers: { ...runningState().timers, lease: NOW_MS + 5_000 } });
    expect(lostAt(NOW_MS, state)).toBe(NOW_MS + 60_000);
  });

  it("is not waited for if it holds no lease", () => {
    expect(lostAt(NOW_MS, runningState({ lease: { ...LEASE, epoch: 2 } }))).toBeNull();
  });

  it("is looked for in its pool when its grace time is over, and the timer stays until the answer", () => {
    const { state, effects } = decide(runningState(), { kind: "lease_due" }, contextOf());
    expect(effects).toEqual([{ kind: "ask_presence", epoch: 1, agent_id: "agent-1" }]);
    expect(state.timers.lease).toBe(NOW_MS + 5_000);
  });

  it("is waited for again if it was heard within the grace time", () => {
    const context = contextOf({ heard_ms: NOW_MS - 20_000 });
    const { state, effects } = decide(runningState(), { kind: "lease_due" }, context);
    expect(effects).toEqual([]);
    expect(state.timers.lease).toBe(NOW_MS + 40_000);
  });

  const waited = runningState({ timers: { ...runningState().timers, lease: NOW_MS + 5_000 } });

  it("loses the execution if its pool does not know it", () => {
    const { state, rows } = decide(waited, { kind: "presence", epoch: 1, presence: "away" }, contextOf());
    expect(state.status).toBe("abandoned");
    expect(rows).toContainEqual({ kind: "gap", reason: "agent_lost" });
  });

  it.each([
    ["is lost no more if its pool has it and the lease", "holding", null],
    ["is asked for again if its pool has it without the lease", "connected", NOW_MS + 60_000],
  ] as const)("%s", (_, presence, timer) => {
    const { state } = decide(waited, { kind: "presence", epoch: 1, presence }, contextOf());
    expect([state.status, state.timers.lease]).toEqual(["running", timer]);
  });

  it.each<[string, ExecutionState, number]>([
    ["it has come back", runningState(), 1],
    ["there is another lease", waited, 2],
    ["the execution has ended", stateIn("succeeded", { lease: LEASE }), 1],
  ])("is not taken as lost after an outdated answer: %s", (_, state, epoch) => {
    const decision = decide(state, { kind: "presence", epoch, presence: "away" }, contextOf());
    expect(decision.state).toBe(state);
  });
});

describe("an execution that no agent holds in its pool", () => {
  it("is canceled if no agent has started it", () => {
    const { state } = decide(stateIn("canceling", { lease: LEASE }), { kind: "unheld" }, contextOf());
    expect(state.status).toBe("canceled");
  });

  it("waits the grace time for the agent that has started it", () => {
    const state = runningState({ status: "canceling" });
    const decision = decide(state, { kind: "unheld" }, contextOf());
    expect([decision.state.status, decision.state.timers.lease]).toEqual(["canceling", NOW_MS + 60_000]);
  });
});

describe("an agent that will never end its execution", () => {
  it.each([
    ["agent_lost", "agent_lost", /was lost while it ran/],
    ["agent_restarted", "agent_restarted", /was lost while it ran/],
    ["agent_revoked", "agent_lost", /was revoked while it ran/],
  ] as const)("abandons it: %s", (reason, gap, error) => {
    const decision = decide(runningState(), { kind: "abandon", holder: HOLDER, reason }, contextOf());
    expect(decision.answer).toBe(true);
    expect(decision.state.status).toBe("abandoned");
    expect(decision.rows).toEqual([
      { kind: "result", result: { failed: true, succeeded: false, error: expect.stringMatching(error) } },
      { kind: "gap", reason: gap },
    ]);
  });

  it("abandons nothing under another lease, and may be repeated", () => {
    const abandon = { kind: "abandon", holder: HOLDER, reason: "agent_lost" } as const;
    expect(decide(runningState({ lease: null }), abandon, contextOf()).answer).toBe(false);
    const ended = decide(stateIn("abandoned", { lease: LEASE }), abandon, contextOf());
    expect([ended.answer, ended.rows]).toEqual([true, []]);
  });
});

describe("the grace time", () => {
  it.each([
    ["is over where the agent was never heard", 0, 0, undefined],
    ["counts from when the agent was heard", 0, -20_000, 40_000],
    ["begins again after the server was away", -40_000, 0, 60_000],
  ])("%s", (_, due, heard, expected) => {
    const heard_ms = heard === 0 ? 0 : NOW_MS + heard;
    const look = nextLook(NOW_MS + due, NOW_MS, { heard_ms, grace_ms: 60_000 });
    expect(look).toBe(expected === undefined ? undefined : NOW_MS + expected);
  });
});
