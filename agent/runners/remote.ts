import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LeasedExecution } from "../../protocol/agent.ts";
import { pause } from "../../protocol/backoff.ts";
import { type Exit, type OnData, startChild } from "../process/child.ts";
import { terminalOf } from "../process/command.ts";
import { actionEnvironment, ownEnvironment, userEnvironment } from "../process/environment.ts";
import { KILL_GRACE_MS } from "../process/kill.ts";
import { type Ended, returnCode, shellEnd } from "../process/result.ts";
import { archiveOf } from "../ssh/archive.ts";
import { askpass } from "../ssh/askpass.ts";
import { credentialsOf, identityFile, sshArguments } from "../ssh/connection.ts";
import { ALIVE, type FarRun, type FarSide, farSide } from "../ssh/far-side.ts";
import { type Host, parseHosts } from "../ssh/hosts.ts";
import { argumentsOf } from "./local.ts";
import {
  type End,
  type Runner,
  type RunnerHost,
  type Running,
  requiredScript,
  type StreamTexts,
} from "./runner.ts";

/** How long the far side has to end what it runs, beyond the grace that it gives: a network lies between. */
const HANG_UP_MS_MAX = KILL_GRACE_MS + 10_000;

/** How long logging in may take, once the connection stands, before the action's own timeout begins to count. */
const LOG_IN_SECONDS_MAX = 20;

/** Characters of a login shell's own output that are looked through for the word that the far side listens. */
const PREAMBLE_BYTES_MAX = 256 * 1024;

/** OpenSSH's exit code for its own failures; a command may have it too. */
const SSH_FAILED = 255;

/** `remote-shell-cmd`: a command on one far host. */
export const remoteCommand: Runner = (execution, host, onData) => {
  const { cmd } = execution.runner_parameters;
  if (typeof cmd !== "string") throw new Error("The action has no cmd.");
  return startRemote({ cmd }, undefined, execution, host, onData);
};

/** `remote-shell-script`: a pack's script and its `lib` folder, copied to one far host for the run. */
export const remoteScript: Runner = async (execution, host, onData) => {
  const { name, archive } = await archiveOf(requiredScript(execution, host));
  return startRemote({ script: name, args: argumentsOf(execution) }, archive, execution, host, onData);
};

async function startRemote(
  command: FarRun["command"],
  archive: Buffer | undefined,
  execution: LeasedExecution,
  { folder, ssh, url }: RunnerHost,
  onData: OnData,
): Promise<Running> {
  const { runner_parameters: runner } = execution;
  const [named] = parseHosts(runner.hosts);
  if (!named) throw new Error("The action has no hosts.");
  const host = { ...named, key: execution.host ?? named.key };
  const far = farSide({
    execution_id: execution.execution_id,
    env: { ...userEnvironment(runner), ...actionEnvironment(execution, url) },
    cwd: typeof runner.cwd === "string" ? runner.cwd : "/tmp",
    command,
    dir: typeof runner.dir === "string" ? runner.dir : "/tmp",
    archive_bytes: archive?.length ?? 0,
    sudo: runner.sudo === true,
    terminal: terminalOf(runner),
    alive_seconds: ssh.alive_seconds,
    grace_seconds: KILL_GRACE_MS / 1000,
  });
  const credentials = credentialsOf(runner);
  const asks = await askpass(credentials, folder);
  const identity = identityFile(credentials.private_key, folder);
  const log = join(folder, "ssh.log");
  const args = [...sshArguments(host, runner, ssh, { log, identity }), far.command];
  const talk = new Talk(far, runner.sudo_password, archive, ssh.alive_seconds, onData);
  const child = await startChild(
    { file: "ssh", args, stdin: true },
    { ...ownEnvironment(), ...asks?.env },
    (type, bytes) => talk.receive(type, bytes),
  );
  talk.begin(
    (text) => void child.stdin?.write(text),
    () => {
      // The connection stands: what opened it is not needed any more.
      if (identity !== undefined && identity !== credentials.private_key) rmSync(identity, { force: true });
    },
  );
  const connect_ms_max = (Number(runner.connect_timeout ?? 0) + LOG_IN_SECONDS_MAX) * 1000;
  const exit = child.exit.finally(async () => {
    talk.stop();
    await asks?.close();
  });
  return {
    pid: child.pid,
    exit,
    begun: Promise.race([talk.listened, pause(connect_ms_max)]),
    hangUp: async () => {
      child.stdin?.end(far.end);
      await Promise.race([exit, pause(talk.listens ? HANG_UP_MS_MAX : 0)]);
    },
    end: (exited, ended, texts) => remoteEnd(host, talk, readLog(log), exited, ended, texts),
  };
}

/** The near side of the talk with a far host: sends the orders once it listens, and then that it is still there. */
class Talk {
  readonly #far: FarSide;
  readonly #orders: (string | Buffer)[];
  readonly #alive_ms: number;
  readonly #onData: OnData;
  #write: (text: string | Buffer) => void = () => undefined;
  #onListen: () => void = () => undefined;
  readonly #listened = Promise.withResolvers<void>();
  #preamble: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  /** What may be the beginning of that word, and is not shown yet. */
  readonly #tails = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  listens = false;

  constructor(
    far: FarSide,
    sudo_password: unknown,
    archive: Buffer | undefined,
    alive_seconds: number,
    onData: OnData,
  ) {
    this.#far = far;
    const password = typeof sudo_password === "string" && far.orders.outer !== "" ? `${sudo_password}\n` : "";
    this.#orders = [far.orders.outer, password, far.orders.inner, archive ?? ""];
    this.#alive_ms = alive_seconds * 1000;
    this.#onData = onData;
  }

  begin(write: (text: string | Buffer) => void, onListen: () => void): void {
    this.#write = write;
    this.#onListen = onListen;
    // The far side may have spoken before.
    if (this.listens) this.#order();
  }

  /** Resolves once the far side listens. */
  get listened(): Promise<void> {
    return this.#listened.promise;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const type of ["stdout", "stderr"] as const) {
      if (this.#tails[type].length > 0 && !this.said_own_failure) this.#onData(type, this.#tails[type]);
    }
    if (this.#preamble.length > 0) this.#onData("stdout", this.#preamble);
  }

  /** Passes output on, but for the word that the far side listens. */
  receive(type: "stdout" | "stderr", bytes: Buffer): void {
    if (this.listens || type === "stderr") {
      this.#pass(type, bytes);
      return;
    }
    this.#preamble = Buffer.concat([this.#preamble, bytes]);
    const at = this.#preamble.indexOf(this.#far.ready);
    const feed = at === -1 ? -1 : this.#preamble.indexOf("\n", at);
    if (feed === -1) {
      if (this.#preamble.length > PREAMBLE_BYTES_MAX)
        this.#preamble = this.#preamble.subarray(-PREAMBLE_BYTES_MAX / 2);
      return;
    }
    this.listens = true;
    this.#listened.resolve();
    const rest = [this.#preamble.subarray(0, at), this.#preamble.subarray(feed + 1)];
    this.#preamble = Buffer.alloc(0);
    for (const part of rest) if (part.length > 0) this.#pass("stdout", part);
    this.#order();
  }

  /** Output as it is, but for the word about its exit code that the far side may write last of all. */
  #pass(type: "stdout" | "stderr", bytes: Buffer): void {
    const all = Buffer.concat([this.#tails[type], bytes]);
    const at = all.lastIndexOf(0);
    const isBeginning =
      at !== -1 && this.#far.own_failure.startsWith(all.toString("latin1", at).replace("\r", ""));
    const end = isBeginning ? at : all.length;
    this.#tails[type] = all.subarray(end);
    if (end > 0) this.#onData(type, all.subarray(0, end));
  }

  /** Whether the far side said that its exit code, which ssh has too, is its own. */
  get said_own_failure(): boolean {
    return Object.values(this.#tails).some(
      (tail) => tail.toString("latin1").replace("\r", "") === this.#far.own_failure,
    );
  }

  #order(): void {
    for (const part of this.#orders) if (part.length > 0) this.#write(part);
    this.#orders.length = 0;
    this.#onListen();
    this.#timer ??= setInterval(() => this.#write(ALIVE), this.#alive_ms);
  }
}

/** The result of one host, keyed by it, as StackStorm's remote runners have it. */
function remoteEnd(host: Host, talk: Talk, log: string, exit: Exit, ended: Ended, texts: StreamTexts): End {
  const { status, exit_code, result } = shellEnd(exit, ended, texts);
  const error = ended ? undefined : connectionError(host, talk, log, returnCode(exit, ended));
  return {
    status,
    exit_code,
    result: {
      [host.key]: {
        ...result,
        ...(ended?.why === "timeout" ? { timeout: true } : {}),
        ...(error === undefined ? {} : { error }),
      },
    },
  };
}

function connectionError(host: Host, talk: Talk, log: string, code: number): string | undefined {
  if (!talk.listens) {
    return `Connection error. Cannot connect to ${host.text}: ${log || "ssh ended before the far host answered."}`;
  }
  if (code !== SSH_FAILED || talk.said_own_failure) return undefined;
  return `Connection error. Lost ${host.text}: ${log || "the connection ended before the command did."}`;
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8").trim().replaceAll("\r", "");
  } catch {
    return "";
  }
}
