import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MARK, markText } from "../../agent/process/environment.ts";
import { watch } from "../../agent/ssh/watch.ts";
import { newId } from "../../protocol/base/id.ts";
import { afterTest, scratch } from "../support/world.ts";

/** A program that runs until it is ended, with a mark in its environment. */
function marked(mark: string): ChildProcess {
  const child = spawn("sleep", ["60"], { env: { PATH: process.env.PATH, [MARK]: mark }, stdio: "ignore" });
  afterTest(() => child.kill("SIGKILL"));
  return child;
}

it("the watcher on a remote host ends the processes of its lease, and none of another lease of the execution", async () => {
  const execution_id = newId();
  const [first, tenth, main] = [1, 10, 100].map((epoch) => marked(markText({ execution_id, epoch })));
  if (!first || !tenth || !main) throw new Error("three programs run");
  const folder = join(scratch(), "run");
  mkdirSync(folder);
  const args = ["tailrace", folder, `${MARK}=${markText({ execution_id, epoch: 1 })}`, String(main.pid)];
  const watcher = spawn("/bin/sh", ["-c", watch(3, 1), ...args], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = Promise.all([first, watcher].map((child) => once(child, "exit")));
  watcher.stdin?.end("end\n");
  await ended;
  expect([first.signalCode, tenth.signalCode]).toEqual(["SIGTERM", null]);
});
