import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { ANSWER_VALUE_BYTES_MAX } from "../../protocol/base/limits.ts";
import type { Command } from "./command.ts";
import { liveProcesses } from "./table.ts";

/** After the exit, output is read until the pipes end, are silent for `DRAIN_IDLE_MS`, or `DRAIN_MS_MAX` has passed. */
const DRAIN_IDLE_MS = 1_000;
const DRAIN_MS_MAX = 10_000;

/** The last bytes that are kept of a program's answer on its own descriptor: its result, and some more. */
const ANSWER_BYTES_MAX = ANSWER_VALUE_BYTES_MAX + 4096;

/** How a process ended, and which processes still held its pipes when reading stopped. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  leftover_pids: number[];
  /** The answer on its descriptor; empty for a program without one. */
  answer: Buffer;
}

export interface Child {
  pid: number;
  /** Resolves once the process has exited. Its pipes may still hold output. */
  exited: Promise<void>;
  /** Resolves once its output has been read too. */
  exit: Promise<Exit>;
  /** Its input while it runs, if it has one. */
  stdin: Writable | null;
  /** Sends a signal to the process alone, unless it has ended. */
  kill: (signal: NodeJS.Signals) => void;
}

/** Takes bytes from a pipe. A promise pauses the pipe, and so the program, until it resolves. */
export type OnData = (output_type: "stdout" | "stderr", bytes: Buffer) => Promise<void> | undefined;

/** The descriptors of a program's request and answer. They are separate from its output, which therefore cannot forge an answer. */
const REQUEST_FD = 3;
const ANSWER_FD = 4;

/** Starts a process in a group of its own. Rejects if it cannot be started. */
export async function startChild(
  command: Command,
  env: Record<string, string>,
  onData: OnData,
): Promise<Child> {
  const { file, args, cwd, stdin, request } = command;
  const child = spawned(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    detached: true,
    stdio: [
      stdin === undefined ? "ignore" : "pipe",
      "pipe",
      "pipe",
      ...(request === undefined ? [] : (["pipe", "pipe"] as const)),
    ],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error(`${file} did not start`);
  // A program may end without reading what it was sent: sudo its password, a remote host its orders.
  child.stdin?.on("error", () => undefined);
  if (typeof stdin === "string") child.stdin?.end(stdin);
  const sources = [
    { pipe: stdout, onData: (bytes: Buffer) => onData("stdout", bytes) },
    { pipe: stderr, onData: (bytes: Buffer) => onData("stderr", bytes) },
  ];
  const answer = new Answer();
  if (request !== undefined) {
    const to = child.stdio[REQUEST_FD] as Writable;
    to.on("error", () => undefined);
    to.end(request);
    sources.push({ pipe: child.stdio[ANSWER_FD] as Readable, onData: (bytes) => answer.add(bytes) });
  }
  const drained = drain(child, sources);
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return { pid, exited, exit: exitOf(child, pid, drained, answer), stdin: child.stdin, kill };
}

/** Node throws for arguments that are too long, and reports every other failure later, as an event. */
function spawned(file: string, args: string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(file, args, options);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "E2BIG")) throw error;
    throw new Error(`${file}: its arguments and variables are longer than this host takes (E2BIG).`);
  }
}

/** A program's answer: its last bytes, up to the bound. */
class Answer {
  #parts: Buffer[] = [];
  #bytes = 0;

  add(bytes: Buffer): undefined {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= 2 * ANSWER_BYTES_MAX) return;
    this.#parts = [this.bytes];
    this.#bytes = ANSWER_BYTES_MAX;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts).subarray(-ANSWER_BYTES_MAX);
  }
}

async function exitOf(
  child: ChildProcess,
  pgid: number,
  drained: Promise<boolean>,
  answer: Answer,
): Promise<Exit> {
  const { code, signal } = await new Promise<Pick<Exit, "code" | "signal">>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const complete = await drained;
  const leftover_pids = complete
    ? []
    : liveProcesses().flatMap((entry) => (entry.pgid === pgid ? [entry.pid] : []));
  return { code, signal, leftover_pids, answer: answer.bytes };
}

/**
 * Reads the pipes to their ends, as fast as the bytes are taken. After the process's exit it does not wait for that, because pipes
 * hold little. A grandchild may hold the pipes open after the exit: then reading ends after a silence, or at the bound. Resolves with
 * whether all pipes ended by themselves.
 */
function drain(
  child: ChildProcess,
  sources: { pipe: Readable; onData: (bytes: Buffer) => Promise<void> | undefined }[],
): Promise<boolean> {
  return new Promise((resolve) => {
    let open = sources.length;
    let isOver = false;
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
        const taken = onData(bytes);
        idle?.refresh();
        if (taken === undefined || isOver) return;
        pipe.pause();
        void taken.then(() => pipe.resume());
      });
      pipe.once("close", () => {
        open -= 1;
        if (open === 0) finish();
      });
      // The close event follows.
      pipe.on("error", () => undefined);
    }
    child.once("exit", () => {
      if (open === 0) return;
      isOver = true;
      for (const { pipe } of sources) pipe.resume();
      idle = setTimeout(finish, DRAIN_IDLE_MS);
      bound = setTimeout(finish, DRAIN_MS_MAX);
    });
  });
}
