import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { errorAt, joined } from "../../web/log/error-lines.ts";
import { ERROR_LINE } from "../../web/log/error-pattern.ts";
import { reasonOf } from "../../web/pages/output/reason/reason.ts";

function ended(part: Partial<Execution>): Execution {
  return {
    id: "1".repeat(24),
    status: "failed",
    start_timestamp: "2026-11-24T12:00:00.000000Z",
    action: { ref: "core.local", pack: "core", name: "local", runner_type: "local-shell-cmd" },
    runner: { name: "local-shell-cmd" },
    liveaction: {
      id: "2",
      action: "core.local",
      action_is_workflow: false,
      callback: {},
      runner_info: {},
      parameters: {},
    },
    parameters: {},
    context: {},
    log: [],
    web_url: "",
    ...part,
  };
}

describe("the reason of a run", () => {
  it.each([
    [{ return_code: 3 }, "Exit code 3"],
    [{ exit_code: 1 }, "Exit code 1"],
    [{ return_code: 127 }, "Exit code 127: the shell did not find the command"],
    [{ return_code: 137 }, "Exit code 137: a program in it was ended by SIGKILL (signal 9)"],
    [{ return_code: -15 }, "Ended by SIGTERM (signal 15)"],
    [{ return_code: 200 }, "Exit code 200"],
    [{}, "Failed"],
  ])("with the result %j is: %s", (result, headline) => {
    expect(reasonOf(ended({ result }))?.headline).toBe(headline);
  });

  it.each([
    ["timeout", { parameters: { timeout: 5 } }, "Timed out: it may take 5 s"],
    ["timeout", {}, "Timed out"],
    ["timeout", { queue_timeout_seconds: 9, parameters: { timeout: 5 } }, "Timed out in the queue"],
    ["canceled", { result: { user: "ann", message: "Action canceled by user." } }, "Canceled by ann"],
    ["abandoned", {}, "Abandoned: its agent stopped or stayed away before the run ended"],
  ] as const)("that has the status %s (%j) is: %s", (status, part, headline) => {
    expect(reasonOf(ended({ status, ...part }))?.headline).toBe(headline);
  });

  it("is not asked for while it runs, or after a success", () => {
    expect(reasonOf(ended({ status: "running" }))).toBeUndefined();
    expect(reasonOf(ended({ status: "succeeded" }))).toBeUndefined();
  });

  it("has the error and the last lines of stderr, as a reader sees them", () => {
    const stderr = `${Array.from({ length: 9 }, (_, at) => `line ${at}`).join("\n")}\n\n\x1b[31mred\x1b[0m`;
    const reason = reasonOf(ended({ result: { return_code: 1, error: "It broke.", stderr } }));
    expect(reason).toMatchObject({
      error: "It broke.",
      stderr: ["line 5", "line 6", "line 7", "line 8", "red"],
    });
  });

  it("takes the last line of a traceback, if there is no error", () => {
    const traceback = "Traceback (most recent call last):\n  File\nValueError: no\n";
    expect(reasonOf(ended({ result: { traceback, error: null } }))?.error).toBe("ValueError: no");
  });

  it("names the tasks of a chain that failed", () => {
    const tasks = [
      { name: "build", execution_id: "a", state: "succeeded", result: {} },
      { name: "test", execution_id: "b", state: "failed", result: { return_code: 2, stderr: "no\n" } },
    ];
    expect(reasonOf(ended({ result: { tasks } }))).toMatchObject({
      headline: "test failed",
      parts: [{ name: "test", id: "b", text: "Exit code 2", stderr: ["no"] }],
    });
  });

  it("names the hosts that failed, each with its execution", () => {
    const result = {
      one: { failed: false, return_code: 0 },
      two: { failed: true, return_code: 255, error: "Connection refused" },
      three: { failed: true, return_code: -9 },
    };
    const runner = { name: "remote-shell-cmd" };
    expect(reasonOf(ended({ runner, children: ["a", "b", "c"], result }))).toMatchObject({
      headline: "two failed, and 1 more",
      parts: [
        { name: "two", id: "b", text: "Exit code 255: Connection refused" },
        { name: "three", id: "c", text: "Ended by SIGKILL (signal 9)" },
      ],
    });
  });
});

describe("a line that reports an error", () => {
  const pattern = RE2JS.compile(ERROR_LINE);

  it.each([
    "main.c:3:5: error: expected ';'",
    "main.c:3:5: fatal error: x.h: No such file",
    "error[E0308]: mismatched types",
    "src/a.ts(1,2): error TS2304: Cannot find name 'x'.",
    "2026-11-24 12:00:00 ERROR shop.cart: no stock",
    "[error] it broke",
    "##[error]Process completed with exit code 1.",
    "::error file=app.js::it broke",
    "Traceback (most recent call last):",
    "ValueError: invalid literal",
    "java.io.IOException: broken pipe",
    'Exception in thread "main"',
    "panic: runtime error: index out of range",
    "thread 'main' panicked at src/main.rs:2:5:",
    "--- FAIL: TestCart (0.00s)",
    "fatal: not a git repository",
    "make: *** [Makefile:2: all] Error 1",
    "make[1]: *** [all] Error 2",
    "E: Unable to locate package nothing",
    "npm ERR! code ENOENT",
    "npm error code ENOENT",
    "E       assert 1 == 2",
    "sh: 1: nothing: command not found",
    "cat: nothing: No such file or directory",
    "Segmentation fault (core dumped)",
  ])("is found: %s", (line) => {
    expect(pattern.matcher(line).find()).toBe(true);
  });

  it.each([
    "0 errors, 3 warnings",
    "compiled without an error",
    "error_count = 0",
    "the terror of it",
    "ERRORS_MAX is 5",
    "Everything is fine",
    "failed to be boring",
  ])("is not: %s", (line) => {
    expect(pattern.matcher(line).find()).toBe(false);
  });
});

describe("a step through errors", () => {
  const errors = joined([9, 3, 4, 5, 20, 4]);

  it("takes consecutive lines as one", () => {
    expect(errors).toEqual([
      { from: 3, to: 5 },
      { from: 9, to: 9 },
      { from: 20, to: 20 },
    ]);
  });

  it.each([
    ["first", 9, 3],
    ["next", undefined, 3],
    ["next", 3, 9],
    ["next", 10, 20],
    ["next", 20, 3],
    ["previous", undefined, 20],
    ["previous", 9, 3],
    ["previous", 1, 20],
  ] as const)("%s from line %s is the error of line %i", (step, line, wanted) => {
    const from = line === undefined ? undefined : { from: line, to: line };
    expect(errorAt(errors, from, step)?.from).toBe(wanted);
  });

  it("leads nowhere without errors", () => {
    expect(errorAt([], undefined, "next")).toBeUndefined();
  });
});
