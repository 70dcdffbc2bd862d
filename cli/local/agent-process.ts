import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { unshielded } from "../server/engine.ts";

/** How long the agent has to end what it runs before it is killed: its own bound, and a little. */
const STOP_MS_MAX = 10_000;

export interface AgentProcessOptions {
  /** The arguments of Node. */
  program: string[];
  url: string;
  /** The pool's key, with which the agent registers where it has to: asked for at each start, as it may be another by then. */
  key: () => Promise<string>;
  state: string;
  name: string;
  /** Further arguments of the agent. */
  args?: string[];
  /** Receives its log lines. */
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
    const { signal } = this.#stopping;
    // Not a retry: no end of the process is a success.
    for (let failures = 0; !signal.aborted; failures++) {
      const why = await this.#runOnce();
      if (signal.aborted) return;
      this.#options.onLine(`${why}; it is started again`);
      await pause(backoffMs(failures), signal);
    }
  }

  /** One process, from its start to its end; why there is none any more. */
  async #runOnce(): Promise<string> {
    let key: string;
    try {
      key = await this.#options.key();
    } catch (error) {
      // The engine may have crashed, and is up again in a moment.
      return `the agent has no key: ${failureText(error)}`;
    }
    if (this.#stopping.signal.aborted) return "";
    this.#child = this.#start(key);
    const [code] = await once(this.#child, "exit");
    return `the agent ended with ${code}`;
  }

  #start(key: string): ChildProcess {
    const { program, url, state, name, args = [], onLine } = this.#options;
    const child = spawn(
      process.execPath,
      [...program, "--url", url, "--state", state, "--name", name, "--stop-with-stdin", ...args],
      {
        env: { ...unshielded(process.env), TAILRACE_API_KEY: key },
        stdio: ["pipe", "ignore", "pipe"],
        detached: true,
      },
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
