import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Failure } from "./attempt.ts";
import type { Progress } from "./search.ts";
import { Tape } from "./tape.ts";
import type { Task, Told } from "./thread.ts";

const THREAD = join(import.meta.dirname, "thread.ts");

/** The memory of a search. Inputs that are not released would soon exceed it. */
const HEAP_MIB_MAX = 512;

/**
 * The time after which the thread of an input is ended: processor time, and time in which it only waits, also for the processor
 * of a busy machine. The thread itself times faster inputs.
 */
const BUSY_MS_MAX = 15_000;
const WAITING_MS_MAX = 300_000;
const LOOK_MS = 1_000;

export interface WatchOptions extends Omit<Task, "memory"> {
  onFailure: (input: string, failure: Failure) => void;
  onProgress: (progress: Progress) => void;
}

/** Searches in a separate thread. If an input hangs or fills the memory, reports it, ends and returns false. */
export function watched({ onFailure, onProgress, ...task }: WatchOptions): Promise<boolean> {
  const tape = new Tape();
  const data: Task = { ...task, memory: tape.memory };
  const thread = new Worker(THREAD, {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  return new Promise((resolve) => {
    let begun = 0;
    let changed_at = Date.now();
    let busy_before = process.cpuUsage();
    let lost: Failure | undefined;
    const look = setInterval(() => {
      if (tape.begun !== begun) {
        changed_at = Date.now();
        busy_before = process.cpuUsage();
      }
      begun = tape.begun;
      const { user, system } = process.cpuUsage(busy_before);
      if ((user + system) / 1000 < BUSY_MS_MAX && Date.now() - changed_at < WAITING_MS_MAX) return;
      lost ??= { key: "hangs", text: "it does not come to an end" };
      void thread.terminate();
    }, LOOK_MS);
    thread.on("message", (told: Told) => {
      if (told.kind === "failure") onFailure(told.input, told.failure);
      else onProgress(told);
    });
    thread.on("error", (error) => {
      lost ??= { key: "ends the thread", text: `it ends the thread: ${error.message}` };
    });
    thread.on("exit", () => {
      clearInterval(look);
      if (lost) onFailure(tape.input, lost);
      resolve(lost === undefined);
    });
  });
}
