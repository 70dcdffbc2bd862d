import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readProcessStat } from "../../protocol/base/process-stat.ts";

/**
 * Ends the engine when this process has ended in any way: a killed process cannot end it, and workerd would keep the port and the
 * state. A shell reads from a pipe that only this process holds open, and kills the engine when the pipe ends. It knows an engine
 * once that is up. Before, Linux ends it (engine.sh).
 */
export class Guard {
  /** Engines of this process that have a guard; there may be several servers. */
  static readonly #guarded = new Set<number>();
  readonly #shell = spawn("/bin/sh", ["-c", "while read -r line; do pids=$line; done; kill -KILL $pids"], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  #pids: number[] = [];

  constructor() {
    this.#shell.unref();
  }

  /** Guards the engine that is up now. After a crash, it is another one. */
  watch(): void {
    this.#forget();
    this.#pids = enginesOf(process.pid).filter((pid) => !Guard.#guarded.has(pid));
    for (const pid of this.#pids) Guard.#guarded.add(pid);
    this.#shell.stdin.write(`${this.#pids.join(" ")}\n`);
  }

  /** Kills the guarded engine if it still runs. */
  kill(): void {
    for (const pid of enginesOf(process.pid)) if (this.#pids.includes(pid)) process.kill(pid, "SIGKILL");
  }

  release(): void {
    this.#forget();
    this.#shell.kill("SIGKILL");
  }

  #forget(): void {
    for (const pid of this.#pids) Guard.#guarded.delete(pid);
    this.#pids = [];
  }
}

/** The live engines that a process has started. */
export function enginesOf(parent: number): number[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) && isEngine(name, parent) ? [Number(name)] : [],
  );
}

function isEngine(pid: string, parent: number): boolean {
  try {
    const { name, is_alive, parent_pid } = readProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return name === "workerd" && is_alive && parent_pid === parent;
  } catch {
    // The process has ended since it was listed.
    return false;
  }
}
