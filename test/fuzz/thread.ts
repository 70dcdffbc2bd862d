// The thread that searches one target. Its watcher can end it, and limits its memory.
import { parentPort, workerData } from "node:worker_threads";
import type { Failure } from "./attempt.ts";
import { type Progress, search } from "./search.ts";
import { Tape } from "./tape.ts";
import { loadTarget } from "./targets.ts";

/** A thread's task. */
export interface Task {
  name: string;
  seed: number;
  known: readonly string[];
  until: number;
  memory: SharedArrayBuffer;
}

/** A thread's report. */
export type Told = { kind: "failure"; input: string; failure: Failure } | ({ kind: "progress" } & Progress);

const { name, memory, ...options }: Task = workerData;
const tell = (told: Told) => parentPort?.postMessage(told);

const target = await loadTarget(name);
await search(target, {
  ...options,
  tape: new Tape(memory),
  onFailure: (input, failure) => tell({ kind: "failure", input, failure }),
  onProgress: (progress) => tell({ kind: "progress", ...progress }),
});
await target.end?.();
