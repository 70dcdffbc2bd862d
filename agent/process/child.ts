import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Command } from "./command.ts";
import { liveProcesses } from "./table.ts";

/** After the exit, output is read until the pipes end, are silent for this long, or the bound is reached. */
const DRAIN_IDLE_MS = 1_000;
const DRAIN_MS_MAX = 10_000;

/** How a process ended, and who held its pipes still when reading stopped. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  leftover_pids: number[];
}

export interface Child {
  pid: number;
  exit: Promise<Exit>;
}

type OnData = (output_type: "stdout" | "stderr", bytes: Buffer) => void;

/** Starts a process in a group of its own, with nothing on its stdin. Rejects where it cannot be started. */
export async function startChild(
  command: Command,
  env: Record<string, string>,
  onData: OnData,
): Promise<Child> {
  const { file, args, cwd, stdin } = command;
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error(`${file} did not start`);
  if (stdin !== undefined) child.stdin?.end(stdin);
  // sudo may end without reading its password.
  child.stdin?.on("error", () => undefined);
  const drained = drain(child, [
    { pipe: stdout, onData: (bytes) => onData("stdout", bytes) },
    { pipe: stderr, onData: (bytes) => onData("stderr", bytes) },
  ]);
  return { pid, exit: exitOf(child, pid, drained) };
}

async function exitOf(child: ChildProcess, pgid: number, drained: Promise<boolean>): Promise<Exit> {
  const { code, signal } = await new Promise<Pick<Exit, "code" | "signal">>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const complete = await drained;
  const leftover_pids = complete
    ? []
    : liveProcesses().flatMap((entry) => (entry.pgid === pgid ? [entry.pid] : []));
  return { code, signal, leftover_pids };
}

/**
 * Reads both pipes to their ends. A grandchild may hold them long after the process has exited: then reading ends
 * after a silence, or at the bound. Resolves with whether both ended by themselves.
 */
function drain(
  child: ChildProcess,
  sources: { pipe: Readable; onData: (bytes: Buffer) => void }[],
): Promise<boolean> {
  return new Promise((resolve) => {
    let open = sources.length;
    let idle: NodeJS.Timeout | undefined;
    let bound: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(idle);
      clearTimeout(bound);
      for (const { pipe } of sources) pipe.destroy();
      resolve(open === 0);
    };
    for (const { pipe, onData } of sources) {
      pipe.on("data", (bytes: Buffer) => {
        onData(bytes);
        idle?.refresh();
      });
      pipe.once("close", () => {
        open -= 1;
        if (open === 0) finish();
      });
      // A pipe that breaks has no more to give; its close follows.
      pipe.on("error", () => undefined);
    }
    child.once("exit", () => {
      if (open === 0) return;
      idle = setTimeout(finish, DRAIN_IDLE_MS);
      bound = setTimeout(finish, DRAIN_MS_MAX);
    });
  });
}
