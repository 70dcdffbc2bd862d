import { pause } from "../../protocol/base/backoff.ts";
import { type Child, type OnData, startChild } from "../process/child.ts";
import type { Command } from "../process/command.ts";
import { KILL_GRACE_MS } from "../process/kill.ts";
import { ALIVE, END, type FarSide } from "./far-side.ts";
import { MarkScanner } from "./marks.ts";

/** How long the far side may take to end its processes: the grace of a kill, and time for the network. */
const HANG_UP_MS_MAX = KILL_GRACE_MS + 10_000;

/** The options of a session. */
export interface SessionOptions {
  far: FarSide;
  /** Whether the far side runs in a terminal. */
  isTerminal: boolean;
  sudo_password: string | undefined;
  /** Sent after the orders. */
  archive: Buffer | undefined;
  alive_seconds: number;
  onData: OnData;
}

/**
 * The stage of a session: `calling` until the far side listens, `asking` while sudo decides, `refused` after sudo has asked for the
 * password again, `ordered` after the command was sent.
 */
type Stage = "calling" | "asking" | "refused" | "ordered";

/** The near side of a session: sends the orders once the far side listens, and then regular signs of life. */
export class Session {
  readonly #options: SessionOptions;
  readonly #child: Child;
  readonly #answered = Promise.withResolvers<void>();
  readonly #ordered = Promise.withResolvers<void>();
  #stage: Stage = "calling";
  #password: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the far side said that its exit code is the command's, because ssh's own failures have the same code. */
  said_own_failure = false;

  private constructor(options: SessionOptions, child: Child) {
    this.#options = options;
    this.#child = child;
    this.#password = options.sudo_password;
  }

  /** Starts the program that connects to the far side. Passes its output on, without marks. */
  static async start(
    command: Command,
    env: Record<string, string>,
    options: SessionOptions,
  ): Promise<Session> {
    // A mark may arrive before `startChild` has resolved.
    const early: string[] = [];
    let onMark = (word: string): void => void early.push(word);
    let isEcho = (_: Buffer): boolean => false;
    const scannerOf = (type: "stdout" | "stderr") =>
      new MarkScanner(
        Object.values(options.far.says),
        (bytes) => (isEcho(bytes) ? undefined : options.onData(type, bytes)),
        (word) => onMark(word),
      );
    const scanners = { stdout: scannerOf("stdout"), stderr: scannerOf("stderr") };
    const child = await startChild({ ...command, stdin: true }, env, (type, bytes) =>
      scanners[type].scan(bytes),
    );
    const exit = child.exit.finally(() => {
      for (const scanner of Object.values(scanners)) scanner.end();
      clearInterval(session.#timer);
    });
    const session: Session = new Session(options, { ...child, exit });
    onMark = (word) => session.#hear(word);
    isEcho = (bytes) => session.#isEcho(bytes);
    for (const word of early) session.#hear(word);
    return session;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get exited(): Promise<void> {
    return this.#child.exited;
  }

  get exit(): Child["exit"] {
    return this.#child.exit;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Resolves once the far side has answered. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  /** Resolves once the command has been sent. */
  get ordered(): Promise<void> {
    return this.#ordered.promise;
  }

  /** Ends the run: the far side first ends all its processes, then itself. */
  async hangUp(): Promise<void> {
    this.#child.stdin?.end(END);
    await Promise.race([this.#child.exit, pause(this.#stage === "ordered" ? HANG_UP_MS_MAX : 0)]);
  }

  #hear(word: string): void {
    const { says, orders, orders_under_sudo } = this.#options.far;
    if (word === says.own_failure) this.said_own_failure = true;
    if (word === says.listens && this.#stage === "calling") {
      this.#answered.resolve();
      if (orders_under_sudo === undefined) this.#order(orders);
      else this.#ask(orders);
    }
    // In this stage only sudo can write this mark: the command has not been sent yet.
    if (word === says.asks && this.#stage === "asking") this.#answer();
    if (word === says.listens_under_sudo && this.#stage === "asking") this.#order(orders_under_sudo ?? "");
  }

  /** Whether the bytes are the line end that sudo writes to a terminal after the password. */
  #isEcho(bytes: Buffer): boolean {
    const isAnswered = this.#stage === "asking" && this.#password === undefined;
    return isAnswered && /^\r?\n$/.test(bytes.toString("latin1"));
  }

  #ask(orders: string): void {
    this.#stage = "asking";
    this.#write(orders);
  }

  #answer(): void {
    if (this.#password === undefined) {
      this.#stage = "refused";
      this.#child.stdin?.end();
      // In a remote terminal sudo does not see the end of its input, but it sees the hang-up.
      if (this.#options.isTerminal) this.#child.kill("SIGTERM");
      return;
    }
    this.#write(`${this.#password}\n`);
    this.#password = undefined;
  }

  #order(orders: string): void {
    this.#stage = "ordered";
    this.#write(orders);
    if (this.#options.archive) this.#write(this.#options.archive);
    this.#timer = setInterval(() => this.#write(ALIVE), this.#options.alive_seconds * 1000);
    this.#ordered.resolve();
  }

  #write(text: string | Buffer): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(text);
  }
}
