import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { failureText } from "../../protocol/base/failure-text.ts";

/** How long the agent may take to stop before it is killed: a little more than its own bound. */
const STOP_MS_MAX = 10_000;

export interface AgentProcessOptions {
  /** The arguments of Node. */
  program: string[];
  url: string;
  /** Gives the pool's key, with which the agent registers. It is called at each start, because the key may have changed. */
  key: () => Promise<string>;
  state: string;
  name: string;
  /** Further arguments of the agent. */
  args?: string[];
  /** Receives its log lines. */
  onLine: (line: string) => void;
}

/** The local server's agent in its own process. It is started again when it dies, and stops when this process ends. */
export class AgentProcess {
  readonly #options: AgentProcessOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #kept: Promise<void>;

  constructor(options: AgentProcessOptions) {
    this.#options = options;
    this.#kept = this.#keep();
  }

  /** Lets its runs end, takes no new ones, and resolves once it has ended. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill("SIGTERM");
    await this.#kept;
  }

  /** Ends its runs and the agent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    child?.stdin?.end();
    const kill = setTimeout(() => child?.kill("SIGKILL"), STOP_MS_MAX);
    await this.#kept;
    clearTimeout(kill);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    // Not a retry: no end of the process is a success.
    for (let failures = 0; !signal.aborted; failures++) {
      const why = await this.#runOnce();
      if (signal.aborted) return;
      this.#options.onLine(`${why}; starting it again`);
      await pause(backoffMs(failures), signal);
    }
  }

  /** Runs one process to its end, and returns why it ended. */
  async #runOnce(): Promise<string> {
    let key: string;
    try {
      key = await this.#options.key();
    } catch (error) {
      // The engine may have crashed: it starts again within a moment.
      return `the agent has no key: ${failureText(error)}`;
    }
    if (this.#stopping.signal.aborted) return "";
    try {
      this.#child = this.#start(key);
      const [code, signal] = await once(this.#child, "exit");
      return `the agent ended with ${signal ?? code}`;
    } catch (error) {
      // The host may have no room for another process at this moment.
      return `the agent does not start: ${failureText(error)}`;
    }
  }

  #start(key: string): ChildProcess {
    const { program, url, state, name, args = [], onLine } = this.#options;
    const child = spawn(
      process.execPath,
      [...program, "--url", url, "--state", state, "--name", name, "--stop-with-stdin", ...args],
      {
        env: { ...process.env, TAILRACE_API_KEY: key },
        stdio: ["pipe", "ignore", "pipe"],
        detached: true,
      },
    );
    // Its exit follows, and is enough.
    child.stdin?.on("error", () => undefined);
    let rest = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
    return child;
  }
}
