import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { backoffMs, pause } from "../../protocol/backoff.ts";

/** How long the agent has to end what it runs before it is killed: its own bound, and a little. */
const STOP_MS_MAX = 10_000;

export interface AgentProcessOptions {
  /** What Node is to run. */
  program: string[];
  url: string;
  key: string;
  state: string;
  name: string;
  /** Further arguments of the agent. */
  args?: string[];
  /** Where its log lines go. */
  onLine: (line: string) => void;
}

/** The local server's agent as a process of its own, started again when it dies. It stops when this process is gone. */
export class AgentProcess {
  readonly #options: AgentProcessOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #kept: Promise<void>;

  constructor(options: AgentProcessOptions) {
    this.#options = options;
    this.#kept = this.#keep();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    child?.kill("SIGTERM");
    const kill = setTimeout(() => child?.kill("SIGKILL"), STOP_MS_MAX);
    await this.#kept;
    clearTimeout(kill);
  }

  async #keep(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted; failures++) {
      this.#child = this.#start();
      const [code] = await once(this.#child, "exit");
      if (this.#stopping.signal.aborted) return;
      this.#options.onLine(`the agent ended with ${code}; it is started again`);
      await pause(backoffMs(failures), this.#stopping.signal);
    }
  }

  #start(): ChildProcess {
    const { program, url, key, state, name, args = [], onLine } = this.#options;
    const child = spawn(
      process.execPath,
      [...program, "--url", url, "--state", state, "--name", name, "--stop-with-stdin", ...args],
      { env: { ...process.env, TAILRACE_API_KEY: key }, stdio: ["pipe", "ignore", "pipe"], detached: true },
    );
    let rest = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
    return child;
  }
}
