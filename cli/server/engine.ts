import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { retry } from "../../protocol/base/retry.ts";
import { hostText } from "../base/listen.ts";
import { ROOT } from "../base/root.ts";
import { logServer } from "../base/server-log.ts";
import { DISK } from "./engine-config.ts";
import { type EngineLine, printEngineLine, readEngineLog } from "./engine-log.ts";
import { stopProcess } from "./stand-still.ts";

/** The script that starts the engine, so that a terminal's signals do not end it. */
const STARTER = join(ROOT, "cli/server/engine.sh");

/** An engine that has ended within this time may end so each time. */
const SHORT_LIFE_MS_MAX = 10_000;

export interface EngineOptions {
  /** The engine's program. */
  program: string;
  /** The folder of the configuration and the scripts. */
  folder: string;
  config: string;
  /** The values of the bindings that the engine reads from its environment. */
  env: Record<string, string>;
  /** The addresses of sockets, by their names. A port that is 0 takes a free one, which stays. */
  addresses: Record<string, { host: string; port: number }>;
  /** The sockets of the configuration. */
  sockets: readonly string[];
  /** The address of the service that looks at the disk. */
  disk: string;
  /** Called with the process's id when it has started, also for each process after a crash. */
  onStart: (pid: number) => void;
}

/** The engine's process: workerd. It is started again when it ends, until `stop`. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #ports = new Map<string, number>();
  /** The program as it was when the server began. */
  readonly #began_with: string;
  /** Processes in a row that have ended soon after they listened. */
  #short_lives = 0;

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.#began_with = versionOf(options.program);
  }

  /** Resolves when it listens. */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    await engine.#run();
    return engine;
  }

  /** The address of one of its sockets on loopback. */
  origin(socket: string): string {
    return `http://127.0.0.1:${this.port(socket)}`;
  }

  port(socket: string): number | undefined {
    return this.#ports.get(socket);
  }

  /** Lets it stand still: it writes nothing until `resume`. One that has just ended does not write either. */
  pause(): void {
    const pid = this.#child?.pid;
    if (pid !== undefined && this.#lives) stopProcess(pid);
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it at once: it has stored what it has acknowledged, and would wait for open streams. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child || !this.#lives) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** A process that could not be started has no id, and no end. */
  get #lives(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Starts a process. Throws with its last lines if it ends before it listens. */
  async #run(): Promise<void> {
    const { program, folder, env, sockets, onStart } = this.#options;
    const child = spawn(STARTER, this.#arguments(), {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        TZ: "UTC",
        TAILRACE_ENGINE: program,
        TAILRACE_SERVER_PID: String(process.pid),
      },
      // A signal to the process group, as of `timeout`, is for the server: it stops the engine last.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    const ended = new Promise<string>((done) => {
      child.once("error", (error) => done(error.message));
      child.once("exit", (code, signal) => done(`it ended with ${signal ?? code}`));
    });
    if (child.pid !== undefined) onStart(child.pid);
    const early: EngineLine[] = [];
    let onLine = (line: EngineLine): unknown => early.push(line);
    readEngineLog([child.stdout, child.stderr].filter(isReadable), (line) => onLine(line));
    const [, , , control] = child.stdio;
    const end = isReadable(control) ? await Promise.race([this.#listening(control, sockets), ended]) : "";
    if (end !== undefined) {
      const why = [...early.map(({ message }) => message), end].join("; ");
      throw new Error(`The engine does not start: ${why}`);
    }
    for (const line of early) printEngineLine(line);
    onLine = printEngineLine;
    const listened_ms = performance.now();
    void ended.then((why) => this.#revive(why, performance.now() - listened_ms));
  }

  #arguments(): string[] {
    const { config, disk, addresses } = this.#options;
    const listening = Object.entries(addresses).map(
      ([name, { host, port }]) => `--socket-addr=${name}=${hostText(host)}:${this.#ports.get(name) ?? port}`,
    );
    return [
      "serve",
      "--experimental",
      "--control-fd=3",
      ...listening,
      `--external-addr=${DISK}=${disk}`,
      config,
    ];
  }

  /** Reads the ports until all sockets are open. */
  async #listening(control: Readable, sockets: readonly string[]): Promise<undefined> {
    const missing = new Set(sockets);
    for await (const line of createInterface(control)) {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
      if (event !== "listen") continue;
      this.#ports.set(socket, port);
      missing.delete(socket);
      if (missing.size === 0) return undefined;
    }
    // It ends: the other promise says how.
    return new Promise(() => undefined);
  }

  /** An upgrade of the checkout replaces the program, and the server's other parts stay as they were. */
  #warning(): string {
    if (versionOf(this.#options.program) === this.#began_with) return "";
    return " Its program was replaced by an upgrade, and the rest of this server is older: stop the server and start it again.";
  }

  /** Starts another process: at once after a crash, and after growing waits if each crashes soon. */
  async #revive(why: string, lived_ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    logServer("warn", `The engine has ended (${why}); starting it again.`);
    const before = lived_ms < SHORT_LIFE_MS_MAX ? this.#short_lives : 0;
    this.#short_lives = before + 1;
    try {
      if (before > 0) await pause(backoffMs(before - 1), signal);
      await retry(() => this.#run(), { signal, onWait: tellWait });
      if (signal.aborted) await this.stop();
      else logServer("info", `The engine is up again.${this.#warning()}`);
    } catch {
      // Only `stop` ends the attempts.
    }
  }
}

/** Tells one version of a file from another. */
function versionOf(file: string): string {
  const { ino, size, mtimeMs } = statSync(file);
  return [ino, size, mtimeMs].join(" ");
}

function tellWait(error: unknown, wait_ms: number): void {
  logServer("warn", `${failureText(error)}; trying again in ${(wait_ms / 1000).toFixed(1)} s.`);
}

function isReadable(stream: unknown): stream is Readable {
  return stream instanceof Readable;
}

/** The engine's program for this system. The package `workerd` has it. */
export function enginePath(): string {
  const engine: { default: string } = createRequire(join(ROOT, "package.json"))("workerd");
  return engine.default;
}
