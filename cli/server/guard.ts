import { spawn } from "node:child_process";

/**
 * Ends the engine when this process has ended in any way: a killed process cannot end it, and workerd would keep the port and the
 * state. A shell reads from a pipe that only this process holds open, and kills the engine when the pipe ends. On Linux the kernel
 * ends it too (engine.sh).
 */
export class Guard {
  readonly #shell = spawn("/bin/sh", ["-c", "while read -r line; do pid=$line; done; kill -KILL $pid"], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });

  constructor() {
    this.#shell.unref();
  }

  /** Guards this engine instead of the one before. */
  watch(pid: number): void {
    this.#shell.stdin.write(`${pid}\n`);
  }

  release(): void {
    this.#shell.kill("SIGKILL");
  }
}
