import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pause } from "../../../protocol/base/backoff.ts";
import { until } from "../../support/scratch.ts";

/** How soon an ended process is started again, as a service manager does. */
const RESTART_MS = 100;

/** How long a process may take to end on request. */
const STOP_MS_MAX = 20_000;

/** How long a process may take to be ready on a busy machine. */
const READY_MS_MAX = 60_000;

export interface KeptOptions {
  name: string;
  /** Node's arguments. */
  args: () => string[];
  env?: NodeJS.ProcessEnv;
  cwd: string;
  /** Whether a line that it prints says that it is ready. */
  isReady: (line: string) => boolean;
  onLine: (line: string) => void;
  /** Receives its messages over Node's channel. */
  onMessage?: (message: never) => void;
}

/** A process that is started again when it ends, as a service manager does. */
export class Kept {
  readonly #options: KeptOptions;
  #child: ChildProcess | undefined;
  #is_wanted = true;
  #is_ready = false;
  #is_stopped = false;
  #was_told = false;
  #kept: Promise<void>;
  /** Its unexpected ends, with their reasons. */
  readonly unasked: string[] = [];
  starts = 0;

  constructor(options: KeptOptions) {
    this.#options = options;
    this.#kept = this.#keep();
  }

  get name(): string {
    return this.#options.name;
  }

  /** The number of the process, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get is_ready(): boolean {
    return this.#is_ready && !this.#is_stopped;
  }

  async ready(): Promise<void> {
    await until(`${this.name} is ready`, () => this.#is_ready, READY_MS_MAX);
  }

  /** Sends a signal. False if there is no process. */
  signal(signal: NodeJS.Signals): boolean {
    const child = this.#child;
    if (child === undefined) return false;
    this.#is_stopped = signal === "SIGSTOP" || (this.#is_stopped && signal !== "SIGCONT");
    if (signal === "SIGKILL" || signal === "SIGTERM") this.#was_told = true;
    return child.kill(signal);
  }

  /** Announces an act under which the process may end. */
  expectEnd(): void {
    this.#was_told = true;
  }

  /** Sends a message to the process, over the same channel. */
  send(message: object): void {
    // The process may be gone, and the message is lost then.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Resolves once the next process has begun. */
  async restarted(): Promise<void> {
    const starts = this.starts;
    await until(`${this.name} is started again`, () => this.starts > starts, READY_MS_MAX);
  }

  async stop(): Promise<void> {
    this.#is_wanted = false;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const kill = setTimeout(() => this.signal("SIGKILL"), STOP_MS_MAX);
    await this.#kept;
    clearTimeout(kill);
  }

  async #keep(): Promise<void> {
    while (this.#is_wanted) {
      const child = this.#start();
      const [code, signal] = await once(child, "close");
      this.#child = undefined;
      this.#is_ready = false;
      this.#is_stopped = false;
      const how = signal ?? `exit code ${code}`;
      this.#options.onLine(`(ended: ${how})`);
      if (!this.#was_told && this.#is_wanted) this.unasked.push(how);
      await pause(RESTART_MS);
    }
  }

  #start(): ChildProcess {
    const { args, env, cwd, isReady, onLine, onMessage } = this.#options;
    const child = spawn(process.execPath, args(), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe", "ipc"],
      detached: true,
    });
    child.on("message", (message) => onMessage?.(message as never));
    this.#child = child;
    this.#was_told = false;
    this.starts++;
    onLine(`(started: ${child.pid})`);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (isReady(line)) this.#is_ready = true;
          onLine(line);
        }
      });
    }
    // The exit follows, and is enough.
    child.stdin?.on("error", () => undefined);
    return child;
  }
}
