import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends the engine when this process is gone, however that came about: a killed process cannot, and workerd would keep
 * the port and the state. A shell reads from a pipe that only this process holds open. It knows an engine once that is up; before,
 * and where there is a Linux, the kernel sees to it (engine.sh).
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

  /** Takes the engine that is up now: it is another one after a crash. */
  watch(): void {
    this.#forget();
    this.#pids = enginesOf(process.pid).filter((pid) => !Guard.#guarded.has(pid));
    for (const pid of this.#pids) Guard.#guarded.add(pid);
    this.#shell.stdin.write(`${this.#pids.join(" ")}\n`);
  }

  /** Ends what is left of the engine. */
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

/** The engines that this process has started and that are alive. */
export function enginesOf(parent: number): number[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) && isEngine(name, parent) ? [Number(name)] : [],
  );
}

function isEngine(pid: string, parent: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return name === "workerd" && state !== "Z" && Number(ppid) === parent;
  } catch {
    // A process may end between being listed and being read.
    return false;
  }
}
