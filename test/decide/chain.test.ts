import { describe, expect, it } from "vitest";
import type { Status } from "../../protocol/base/status.ts";
import { decide } from "../../src/execution/decide/decide.ts";
import type { Row } from "../../src/execution/decide/decision.ts";
import type { Child } from "../../src/execution/state/child.ts";
import type { Progress } from "../../src/execution/state/progress.ts";
import { chainState, childOf, contextOf, NOW_MS, progressOf, stateIn } from "./states.ts";

function task(position: number, name: string, status: Status = "succeeded"): Child {
  return childOf(position, { name, state: "done", status });
}

function tend(children: Child[], progress: Progress | undefined) {
  return decide(chainState(), { kind: "tend", told: new Set<string>() }, contextOf({ children, progress }));
}

function progressIn(rows: readonly Row[]): Progress | undefined {
  return rows.flatMap((row) => (row.kind === "progress" ? [row.progress] : []))[0];
}

describe("a chain", () => {
  it("begins without a pool", () => {
    const waiting = chainState("requested", { family: null });
    const state = { ...waiting, outbox: { ...waiting.outbox, pool: "enqueue" } as const };
    const begun = decide(state, { kind: "begin_chain" }, contextOf());
    expect(begun.state).toMatchObject({
      status: "running",
      family: { kind: "chain" },
      outbox: { pool: null },
    });
    const again = decide(begun.state, { kind: "begin_chain" }, contextOf());
    expect(again.state.log).toEqual(begun.state.log);
  });

  it("renders its parameters first, and stores its progress once", () => {
    expect(tend([], undefined).effects).toEqual([{ kind: "begin_progress" }]);
    const event = { kind: "progress_begun", progress: progressOf() } as const;
    expect(progressIn(decide(chainState(), event, contextOf()).rows)).toEqual(progressOf());
    expect(decide(chainState(), event, contextOf({ progress: progressOf() })).rows).toEqual([]);
  });

  it("prepares the next task when no task runs", () => {
    expect(tend([], progressOf()).effects).toEqual([{ kind: "prepare_task", after: 0, name: "build" }]);
    expect(tend([childOf(1, { name: "build", state: "running" })], progressOf()).effects).toEqual([]);
  });

  it.each<[Status, string | null, Status]>([
    ["succeeded", "ship", "succeeded"],
    ["failed", "clean", "failed"],
    ["timeout", "clean", "timeout"],
    ["abandoned", "clean", "failed"],
    ["canceled", null, "canceled"],
  ])("chooses the next task by the end of the one before: %s", (end, next, status) => {
    const { rows, answer } = tend([task(1, "build", end)], progressOf());
    expect(progressIn(rows)).toMatchObject({ settled: 1, next, status });
    expect(answer.is_over).toBe(false);
  });

  it("renders what a task publishes before it chooses the next one", () => {
    const children = [task(1, "build"), task(2, "ship")];
    const progress = progressOf({ settled: 1, next: "ship" });
    expect(tend(children, progress).effects).toEqual([{ kind: "publish", position: 2, name: "ship" }]);
    const outcome = { kind: "rendered", values: { version: "1.2" }, secrets: ["s3cret"] } as const;
    const event = { kind: "published", position: 2, outcome } as const;
    const { rows } = decide(chainState(), event, contextOf({ children, progress }));
    expect(progressIn(rows)).toMatchObject({
      settled: 2,
      next: null,
      vars: { version: "1.2" },
      published: { version: "1.2" },
      secrets: ["s3cret"],
    });
  });

  it("fails where a task's published values cannot be rendered", () => {
    const context = contextOf({ children: [task(1, "ship")], progress: progressOf({ next: "ship" }) });
    const event = { kind: "published", position: 1, outcome: { kind: "failed", error: "no" } } as const;
    const { rows } = decide(chainState(), event, context);
    expect(progressIn(rows)).toMatchObject({ settled: 1, next: null, status: "failed", error: "no" });
  });

  it("concludes with the status of its last task", () => {
    const { effects } = tend(
      [task(1, "clean", "failed")],
      progressOf({ settled: 1, next: null, status: "failed" }),
    );
    expect(effects).toEqual([{ kind: "conclude", status: "failed" }]);
  });

  it("starts at most a bounded number of tasks", () => {
    const children = [task(100_000, "build")];
    const { rows } = tend(children, progressOf({ settled: 100_000, next: "build" }));
    expect(progressIn(rows)).toMatchObject({
      next: null,
      status: "failed",
      error: expect.stringMatching(/at most/),
    });
  });

  it("ends when it has too many variables", () => {
    const progress = progressOf({ vars: { long: "x".repeat(20_000_000) } });
    const { rows } = decide(chainState(), { kind: "progress_begun", progress }, contextOf());
    expect(progressIn(rows)).toMatchObject({
      vars: {},
      next: null,
      error: expect.stringMatching(/characters/),
    });
  });
});

describe("a prepared task", () => {
  const child = { id: "child-1", name: "build", draft: new Uint8Array() };
  const ready = { kind: "ready", child, secrets: [] } as const;
  const prepared = (after = 0) => ({ kind: "task_prepared", after, name: "build", outcome: ready }) as const;

  it("is planned, and the outbox's timer tells the index", () => {
    const { state, rows, effects } = decide(chainState(), prepared(), contextOf({ progress: progressOf() }));
    expect(rows).toEqual([{ kind: "plan", children: [child] }]);
    expect(state.outbox.index).toBe(true);
    expect(state.timers.outbox).toBe(NOW_MS + 1_000);
    expect(effects).toEqual([]);
  });

  it("adds its secrets to those of the chain", () => {
    const event = { ...prepared(), outcome: { ...ready, secrets: ["s3cret"] } };
    const { rows } = decide(chainState(), event, contextOf({ progress: progressOf({ secrets: ["one"] }) }));
    expect(progressIn(rows)?.secrets).toEqual(["one", "s3cret"]);
  });

  it("that cannot be created fails, and the chain goes on", () => {
    const end = { status: "failed", result: new Uint8Array(), secrets: null } as const;
    const event = { ...prepared(), outcome: { kind: "dropped", child, end, secrets: [] } as const };
    const { rows } = decide(chainState(), event, contextOf({ progress: progressOf() }));
    expect(rows).toEqual([
      { kind: "plan", children: [child] },
      { kind: "child_end", id: "child-1", state: "dropped", end },
    ]);
  });

  it.each([
    ["the chain pauses", chainState("pausing"), contextOf({ progress: progressOf() }), 0],
    ["the chain is to be canceled", chainState("canceling"), contextOf({ progress: progressOf() }), 0],
    ["the chain has ended", chainState("failed"), contextOf({ progress: progressOf() }), 0],
    ["the chain has come further", chainState(), contextOf({ progress: progressOf({ settled: 1 }) }), 0],
    [
      "another answer has planned it",
      chainState(),
      contextOf({ progress: progressOf(), children: [childOf(1)] }),
      0,
    ],
    ["the execution is no chain that has begun", stateIn("running"), contextOf(), 0],
  ])("is dropped if %s", (_, state, context, after) => {
    const decision = decide(state, prepared(after), context);
    expect([decision.state, decision.rows, decision.effects]).toEqual([state, [], []]);
  });
});
