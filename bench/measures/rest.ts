import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pause } from "../../protocol/base/backoff.ts";
import { within } from "../load.ts";
import { scratch } from "../scratch.ts";
import { residentMB, sharedOnceMB } from "../statistics.ts";

const MAIN = resolve(import.meta.dirname, "../../cli/main.ts");
const START_MS_MAX = 60_000;
/** How long the server is left alone before its memory is read. */
const REST_MS = 3_000;

/** `tailrace start` on a new state folder, with bundles that are kept: the time until it is ready, and what it holds then. */
export async function atRest(): Promise<Record<string, number>> {
  // The first start may have to build.
  await start(async () => undefined);
  return start(async (server, ready_ms) => {
    await pause(REST_MS);
    const [engine, agent] = ["workerd", "node"].map((name) => childrenOf(server, name)[0] ?? 0);
    const own = [server, engine ?? 0, ...childrenOf(server, "sh")];
    const sum = (pids: number[], measure: (pid: number) => number) =>
      pids.reduce((total, pid) => total + measure(pid), 0);
    return {
      "ready, ms": ready_ms,
      "server, MB": residentMB(server),
      "engine, MB": residentMB(engine ?? 0),
      "agent, MB": residentMB(agent ?? 0),
      "without agent, MB": sum(own, residentMB),
      "in all, MB": sum([...own, agent ?? 0], residentMB),
      "in all, shared pages once, MB": sum([...own, agent ?? 0], sharedOnceMB),
    };
  });
}

/** Starts a server, measures it and stops it. */
async function start<T>(measure: (server: number, ready_ms: number) => Promise<T>): Promise<T> {
  const started_ms = performance.now();
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--state", scratch()], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await within(once(createInterface(child.stdout), "line"), START_MS_MAX, "the server");
  const measured = await measure(child.pid ?? 0, performance.now() - started_ms);
  const exited = once(child, "exit");
  child.kill("SIGINT");
  await exited;
  return measured;
}

/** The children of a process that run a program. */
function childrenOf(pid: number, program: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  return children.filter((child) => programOf(child) === program);
}

function programOf(pid: number): string {
  return basename(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "");
}
