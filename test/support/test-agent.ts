import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "../../protocol/client/client.ts";
import { AGENT } from "./built-programs.ts";
import type { ShiftedClock } from "./clock.ts";
import { ROOT, scratch, until } from "./scratch.ts";

export function clientOf(url: string, key: string): Client {
  return new Client({ url, key, fetch, socket: (address, headers) => new WebSocket(address, { headers }) });
}

/** A real agent process. */
export class TestAgent {
  readonly state: string;
  /** Its program: the bundle, or the sources. */
  program: string = AGENT;
  readonly #url: string;
  readonly #key: string;
  readonly #args: string[];
  readonly #clock: ShiftedClock | undefined;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  /** The place in the log where the current process begins. */
  #started_at = 0;
  log = "";

  /** `clock` and `env` are the agent's own, if they differ from this host's. */
  constructor(
    url: string,
    key: string,
    args: string[] = [],
    state: string = scratch(),
    clock?: ShiftedClock,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.state = state;
    this.#env = env;
    this.#clock = clock;
    this.#url = url;
    this.#key = key;
    this.#args = args;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("the agent does not run");
    return pid;
  }

  start(): this {
    const args = [
      ...(this.#clock?.args ?? []),
      this.program,
      "--url",
      this.#url,
      "--state",
      this.state,
      "--name",
      "test",
      "--stop-with-stdin",
    ];
    const child = spawn(process.execPath, [...args, ...this.#args], {
      cwd: ROOT,
      env: { ...this.#env, TAILRACE_API_KEY: this.#key },
      stdio: ["pipe", "ignore", "pipe"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
    this.#process = child;
    this.#started_at = this.log.length;
    return this;
  }

  async ready(): Promise<this> {
    await until("the agent is ready", () => this.log.includes("agent ready", this.#started_at));
    return this;
  }

  /** Its exit code, after it has ended by itself. */
  async exited(): Promise<number | null> {
    const child = this.#process;
    if (!child) throw new Error("the agent does not run");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    return child.exitCode;
  }

  /** Ends its runs and stops it, or sends it a signal, and resolves once it has ended. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    if (signal === undefined) child.stdin?.end();
    else child.kill(signal);
    await exited;
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }
}
