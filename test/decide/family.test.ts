import { describe, expect, it } from "vitest";
import type { Status } from "../../protocol/base/status.ts";
import { decide } from "../../src/execution/decide/decide.ts";
import type { Child } from "../../src/execution/state/child.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import { chainState, childOf, contextOf, hostsState, NOW_MS, stateIn } from "./states.ts";

const running = { state: "running" } as const;
const paused = { state: "paused" } as const;
const done = (status: Status) => ({ state: "done", status }) as const;
const NONE = { stdout: 0, stderr: 0, other: 0 };

function tend(state: ExecutionState, children: Child[], told: string[] = []) {
  return decide(state, { kind: "tend", told: new Set(told) }, contextOf({ children }));
}

describe("a family in a round", () => {
  it("creates as many children as may run at the same time", () => {
    const { effects, answer } = tend(hostsState(), [childOf(1, running), childOf(2), childOf(3)]);
    expect(effects).toEqual([{ kind: "make_child", id: "child-2" }]);
    expect(answer.is_over).toBe(false);
  });

  it("waits while the limit of running children is reached", () => {
    const { effects, answer } = tend(hostsState(), [childOf(1, running), childOf(2, running), childOf(3)]);
    expect([effects, answer.is_over]).toEqual([[], true]);
  });

  it("creates a bounded number of children at the same time", () => {
    const family = { kind: "hosts", concurrency: 100, allow_partial_failure: false } as const;
    const children = Array.from({ length: 20 }, (_, at) => childOf(at + 1));
    expect(tend(hostsState("running", { family }), children).effects).toHaveLength(8);
  });

  it("cancels first the children that may exist, then those that do, and tells each once", () => {
    const state = hostsState("canceling", { canceled_by: "bob" });
    const children = [childOf(1, running), childOf(2)];
    const found = tend(state, children);
    expect(found.effects).toEqual([{ kind: "find_child", id: "child-2" }]);
    const canceled = tend(state, children, found.answer.told);
    expect(canceled.effects).toEqual([{ kind: "cancel_child", id: "child-1", user: "bob" }]);
    const rest = tend(state, children, [...found.answer.told, ...canceled.answer.told]);
    expect([rest.effects, rest.answer.is_over]).toEqual([[], true]);
  });

  it("drops a planned child of a canceled parent if the child was not created", () => {
    const context = contextOf({ children: [childOf(1)] });
    const found = (is_there: boolean, status: Status) =>
      decide(hostsState(status), { kind: "child_found", id: "child-1", is_there }, context).rows;
    const end = { status: "canceled", result: null, secrets: null };
    expect(found(false, "canceling")).toEqual([{ kind: "child_end", id: "child-1", state: "dropped", end }]);
    expect(found(true, "canceling")).toEqual([{ kind: "child_state", id: "child-1", state: "running" }]);
    expect(found(false, "pausing")).toEqual([]);
  });

  it("pauses its children, and is paused when none runs", () => {
    const asked = tend(chainState("pausing"), [childOf(1, running)]);
    expect(asked.effects).toEqual([{ kind: "pause_child", id: "child-1", user: "ann" }]);
    expect(tend(chainState("pausing"), [childOf(1, running)], asked.answer.told).state.status).toBe(
      "pausing",
    );
    expect(tend(chainState("pausing"), [childOf(1, paused)]).state.status).toBe("paused");
  });

  it("tells its own parent that it is paused", () => {
    const state = chainState("pausing");
    const child = { ...state, spec: { ...state.spec, parent: { id: "parent", depth: 1 } } };
    expect(tend(child, []).state.outbox.parent).toBe(true);
  });

  it("resumes its children, and then runs", () => {
    const asked = tend(chainState("resuming"), [childOf(1, paused)]);
    expect(asked.effects).toEqual([{ kind: "resume_child", id: "child-1", user: "ann" }]);
    const rest = tend(chainState("resuming"), [childOf(1, running)], asked.answer.told);
    expect([rest.state.status, rest.answer.is_over]).toEqual(["running", false]);
  });

  it.each<[Status[], boolean, Status]>([
    [["succeeded", "succeeded"], false, "succeeded"],
    [["succeeded", "failed"], false, "failed"],
    [["succeeded", "failed"], true, "succeeded"],
    [["timeout", "timeout"], false, "timeout"],
    [["timeout", "failed"], true, "failed"],
    [["abandoned", "abandoned"], false, "abandoned"],
  ])(
    "concludes after ends %j (partial failure allowed: %s) with %s",
    (ends, allow_partial_failure, status) => {
      const family = { kind: "hosts", concurrency: 2, allow_partial_failure } as const;
      const children = ends.map((end, at) => childOf(at + 1, done(end)));
      const { effects } = tend(hostsState("running", { family }), children);
      expect(effects).toEqual([{ kind: "conclude", status }]);
    },
  );

  it("keeps its alarm from the beginning of a round to its end", () => {
    const begun = decide(hostsState(), { kind: "tend_begun" }, contextOf());
    expect([begun.answer, begun.state.timers.family]).toEqual([true, NOW_MS + 5_000]);
    const over = decide(begun.state, { kind: "tend_over" }, contextOf());
    expect(over.state.timers.family).toBeNull();
    expect(decide(stateIn("running"), { kind: "tend_begun" }, contextOf()).answer).toBe(false);
  });
});

describe("the end of a family", () => {
  const concluded = { kind: "concluded", status: "succeeded", result: { one: 1 }, secrets: ["x"] } as const;

  it("combines the ends of the children", () => {
    const { state, rows } = decide(hostsState(), concluded, contextOf());
    expect(state).toMatchObject({ status: "succeeded", exit_code: 0, outbox: { pool: null } });
    expect(rows).toEqual([
      { kind: "secrets", texts: ["x"] },
      { kind: "result", result: { one: 1 } },
    ]);
  });

  it("is canceled after a cancel, whatever the last child's end", () => {
    const { state, rows } = decide(hostsState("canceling", { canceled_by: "bob" }), concluded, contextOf());
    expect([state.status, state.exit_code]).toEqual(["canceled", null]);
    const result = { one: 1, message: "Action canceled by user.", user: "bob" };
    expect(rows).toContainEqual({ kind: "result", result });
  });

  it.each<Status>(["pausing", "paused", "succeeded"])("does not happen while the parent is %s", (status) => {
    const state = hostsState(status);
    expect(decide(state, concluded, contextOf()).state).toBe(state);
  });
});

describe("a child's batch", () => {
  const head = { first_seq: 3, last_seq: 4, bytes: NONE, gaps: 0, lines: NONE };
  const take = (state: ExecutionState, child: Child | undefined) =>
    decide(state, { kind: "child_batch", child, head, body: "lines" }, contextOf());

  it("is taken once, under the child's name", () => {
    const { answer, rows } = take(hostsState(), childOf(1, { next: 3 }));
    const child = { id: "child-1", label: "host-1" };
    expect([answer, rows]).toEqual([5, [{ kind: "child_batch", child, head, body: "lines" }]]);
    expect(take(hostsState(), childOf(1, { next: 5 }))).toMatchObject({ answer: 5, rows: [] });
    expect(take(hostsState(), childOf(1, { next: 1 }))).toMatchObject({ answer: 1, rows: [] });
  });

  it("is acknowledged and dropped if its parent does not know it or has ended", () => {
    expect(take(hostsState(), undefined)).toMatchObject({ answer: 5, rows: [] });
    expect(take(hostsState("failed"), childOf(1, { next: 3 }))).toMatchObject({ answer: 5, rows: [] });
  });
});

describe("a child that pauses", () => {
  it("is asked to pause, and its parent pauses with it", () => {
    const context = contextOf({ children: [childOf(1, running)] });
    const claimed = decide(chainState(), { kind: "child_pauses", id: "child-1" }, context);
    expect(claimed.effects).toEqual([{ kind: "ask_child", id: "child-1" }]);
    const told = decide(chainState(), { kind: "child_paused", id: "child-1" }, context);
    expect(told.state.status).toBe("pausing");
    expect(told.rows).toEqual([{ kind: "child_state", id: "child-1", state: "paused" }]);
  });

  it.each([
    ["has ended", done("succeeded")],
    ["is paused already", paused],
  ])("is not asked if it %s", (_, changes) => {
    const context = contextOf({ children: [childOf(1, changes)] });
    const { effects } = decide(chainState(), { kind: "child_pauses", id: "child-1" }, context);
    expect(effects).toEqual([]);
  });
});

describe("a child that has ended", () => {
  const end = { status: "succeeded", result: null, secrets: null } as const;

  it("is recorded, unless its parent has ended or does not know it", () => {
    const event = { kind: "child_ended", child: childOf(1, running), end } as const;
    expect(decide(hostsState(), event, contextOf()).rows).toEqual([
      { kind: "child_end", id: "child-1", state: "done", end },
    ]);
    expect(decide(hostsState("failed"), event, contextOf()).rows).toEqual([]);
    expect(decide(hostsState(), { ...event, child: undefined }, contextOf()).rows).toEqual([]);
  });
});
