import { readdirSync, readFileSync } from "node:fs";

/** How long a process may take to stand still: a thread ends its system call first. */
const STILL_MS_MAX = 2_000;
const LOOK_MS = 1;

/** Stops a process, and returns when none of its threads runs. It goes on with SIGCONT. */
export function stopProcess(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const deadline = performance.now() + STILL_MS_MAX;
  while (!isStill(pid)) {
    if (performance.now() > deadline) {
      process.kill(pid, "SIGCONT");
      throw new Error(`the engine does not stand still within ${STILL_MS_MAX} ms`);
    }
    Atomics.wait(SLEEP, 0, 0, LOOK_MS);
  }
}

const SLEEP = new Int32Array(new SharedArrayBuffer(4));

function isStill(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) =>
    /\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8")),
  );
}
