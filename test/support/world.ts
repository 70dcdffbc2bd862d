import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { type Server, startServer } from "../../cli/server.ts";
import { pause } from "../../protocol/backoff.ts";
import { Client } from "../../protocol/client.ts";
import type { ShiftedClock } from "./clock.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

const scratched: string[] = [];
process.once("exit", () => {
  for (const folder of scratched) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the tests of the process. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-test-"));
  scratched.push(folder);
  return folder;
}

/** The condition's value once it holds. Polls, and gives up with what it waited for. */
export async function until<T>(
  what: string,
  holds: () => T | Promise<T>,
  ms_max = 30_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + ms_max;
  while (true) {
    const value = await holds();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${ms_max} ms in vain until ${what}`);
    await pause(10);
  }
}

export function clientOf(url: string, key: string): Client {
  return new Client({ url, key, fetch, socket: (address, headers) => new WebSocket(address, { headers }) });
}

/** A real agent process. */
export class TestAgent {
  readonly state: string;
  readonly #url: string;
  readonly #key: string;
  readonly #args: string[];
  readonly #clock: ShiftedClock | undefined;
  #process: ChildProcess | undefined;
  /** Where in the log the present process begins. */
  #started_at = 0;
  log = "";

  /** `clock` is the agent's own, where it is not this host's. */
  constructor(
    url: string,
    key: string,
    args: string[] = [],
    state: string = scratch(),
    clock?: ShiftedClock,
  ) {
    this.state = state;
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
      "agent/main.ts",
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
      env: { ...process.env, TAILRACE_API_KEY: this.#key },
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

  /** Its exit code, once it has ended by itself. */
  async exited(): Promise<number | null> {
    const child = this.#process;
    if (!child) throw new Error("the agent does not run");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    return child.exitCode;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
}

/** A server and an agent of one test file, and a client to use them. */
export interface World {
  server: Server;
  agent: TestAgent;
  client: Client;
  stop: () => Promise<void>;
}

export async function startWorld(
  options: {
    vars?: Record<string, string | number | boolean>;
    agentArgs?: string[];
    agentUrl?: (url: string) => string;
  } = {},
): Promise<World> {
  const { vars = {}, agentArgs = [], agentUrl = (url) => url } = options;
  const server = await startServer({ port: 0, state: scratch(), vars });
  const client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  const agent = await new TestAgent(agentUrl(server.url), key, agentArgs).start().ready();
  const stop = async () => {
    await agent.stop();
    await server.stop();
  };
  return { server, agent, client, stop };
}

/** Ends something when the test is over, however it went. */
export function afterTest(end: () => unknown): void {
  onTestFinished(async () => {
    await end();
  });
}
