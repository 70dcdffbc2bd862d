import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Client } from "../../protocol/client/client.ts";
import { enginesOf } from "./engines.ts";
import { afterTest, clientOf, ROOT } from "./world.ts";

/** A server in its own process, with an index that can fail. It can be killed and started again on its state. */
export class ServerProcess {
  readonly #state: string;
  #process: ChildProcess | undefined;
  url = "http://127.0.0.1:0";
  key = "";

  constructor(state: string) {
    this.#state = state;
    afterTest(() => this.kill());
  }

  get client(): Client {
    return clientOf(this.url, this.key);
  }

  /** Starts it, always at the same address. */
  async start(): Promise<this> {
    const { port } = new URL(this.url);
    const program = spawn(process.execPath, ["test/support/server-program.ts", this.#state, port], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#process = program;
    const [line] = await once(createInterface(program.stdout), "line");
    const { url, key } = JSON.parse(String(line));
    this.url = url;
    this.key = key;
    return this;
  }

  /** Sets the faults of the index; none repairs it. */
  async index(faults?: object): Promise<void> {
    const init = faults ? { method: "PUT", body: JSON.stringify(faults) } : { method: "DELETE" };
    await fetch(`${this.url}/faults/index`, init);
  }

  /** Kills the server and its engine, without warning. */
  async kill(): Promise<void> {
    const program = this.#process;
    if (program?.pid === undefined || program.exitCode !== null || program.signalCode !== null) return;
    const exited = once(program, "exit");
    for (const pid of [...enginesOf(program.pid), program.pid]) process.kill(pid, "SIGKILL");
    await exited;
  }
}
