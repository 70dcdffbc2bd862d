import { Worker } from "node:worker_threads";
import { parseJson } from "../../protocol/base/json.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { RenderAnswer, RenderJob } from "./job.ts";

/** Threads of one agent. With more than one, a cheap job does not wait for an expensive one. */
const THREADS_MAX = 2;

/** How long one job may take, and the start of a thread. The engine's own bounds are much lower. */
const RENDER_MS_MAX = 30_000;
const START_MS_MAX = 60_000;

/** How long a thread waits for another job before it ends. */
const IDLE_MS_MAX = 60_000;

/** Memory of a thread's JavaScript, without the engine, in MiB. */
const THREAD_HEAP_MIB_MAX = 256;

/** The thread's program, beside this file or beside the agent's bundle. */
const PROGRAM = new URL(
  import.meta.url.endsWith(".ts") ? "./thread.ts" : "./template-thread.mjs",
  import.meta.url,
);

/** The threads' program, and the bounds of a start and a job. */
export interface ThreadOptions {
  program: URL;
  start_ms_max: number;
  render_ms_max: number;
}

/** One thread, and the timer that ends it while it has no job. */
interface Thread {
  worker: Worker;
  idle: NodeJS.Timeout | undefined;
}

interface Waiting {
  job: string;
  resolve: (answer: RenderAnswer) => void;
  reject: (error: Error) => void;
}

/**
 * Renders templates in threads, so that an expensive template blocks no output and no other run. Threads are started when needed, and
 * ended when idle, or if they take too much time or memory.
 */
export class TemplateThreads {
  readonly #options: ThreadOptions;
  readonly #idle: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  #count = 0;

  constructor(
    options: ThreadOptions = {
      program: PROGRAM,
      start_ms_max: START_MS_MAX,
      render_ms_max: RENDER_MS_MAX,
    },
  ) {
    this.#options = options;
  }

  /** Resolves with the answer, which may be a failure. Rejects if the thread fails. */
  render(job: RenderJob): Promise<RenderAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job: writeExact(job), resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const thread = this.#idle.pop();
    if (!thread && this.#count >= THREADS_MAX) return;
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    if (!thread) this.#count++;
    void this.#run(thread, waiting);
  }

  async #run(idle: Thread | undefined, { job, resolve, reject }: Waiting): Promise<void> {
    let thread = idle;
    try {
      thread ??= await started(this.#options);
      clearTimeout(thread.idle);
      resolve(await answerOf(thread.worker, job, this.#options.render_ms_max));
      this.#keep(thread);
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
      this.#end(thread);
    }
    this.#next();
  }

  #keep(thread: Thread): void {
    this.#idle.push(thread);
    thread.idle = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(thread), 1);
      this.#end(thread);
    }, IDLE_MS_MAX).unref();
  }

  #end(thread: Thread | undefined): void {
    this.#count--;
    void thread?.worker.terminate();
  }
}

async function started({ program, start_ms_max }: ThreadOptions): Promise<Thread> {
  const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB_MAX } });
  // A waiting thread must not keep the agent from ending.
  worker.unref();
  try {
    await messageOf(worker, start_ms_max, "The thread for templates did not start");
  } catch (error) {
    void worker.terminate();
    throw error;
  }
  return { worker, idle: undefined };
}

async function answerOf(worker: Worker, job: string, ms_max: number): Promise<RenderAnswer> {
  const answer = messageOf(worker, ms_max, "The templates take too long");
  worker.postMessage(job);
  return parseJson(String(await answer), { exact: true }) as RenderAnswer;
}

/** The next message of a thread. Rejects if the thread ends, fails, or takes too long. */
function messageOf(worker: Worker, ms_max: number, late: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener);
      act();
    };
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`${late}: stopped after ${ms_max / 1000} s`)));
    }, ms_max);
    const listeners = {
      message: (message: unknown) => settle(() => resolve(message)),
      error: (error: Error & { code?: string }) => settle(() => reject(failureOf(error))),
      exit: () => settle(() => reject(new Error("the thread for templates ended"))),
    };
    for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener);
  });
}

function failureOf(error: Error & { code?: string }): Error {
  if (error.code !== "ERR_WORKER_OUT_OF_MEMORY") return error;
  return new Error(`The templates need more than ${THREAD_HEAP_MIB_MAX} MiB of memory`);
}
