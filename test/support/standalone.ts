import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "./scratch.ts";

/** A program that is an agent, for example an installed one. */
export class Standalone {
  readonly #process: ChildProcess;
  log = "";

  constructor(file: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.#process = spawn(file, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error("the agent does not run");
    return this.#process.pid;
  }

  /** Resolves once it takes work. */
  async ready(): Promise<this> {
    await until("the agent is ready", () => this.log.includes("agent ready") || this.#ended());
    if (this.#ended()) throw new Error(`the agent has ended: ${this.log}`);
    return this;
  }

  /** Stops it, and returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.#ended()) return this.#process.exitCode;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exited;
    return this.#process.exitCode;
  }

  #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
