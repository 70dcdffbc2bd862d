import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import type { Exit, OnData } from "../process/child.ts";
import { terminalOf } from "../process/command.ts";
import { actionEnvironment, ownEnvironment, userEnvironment } from "../process/environment.ts";
import { KILL_GRACE_MS } from "../process/kill.ts";
import { type Ended, returnCode, shellEnd } from "../process/result.ts";
import { archiveOf } from "../ssh/archive.ts";
import { askpass } from "../ssh/askpass.ts";
import { credentialsOf, identityFile, sshArguments } from "../ssh/connection.ts";
import { type FarRun, farSide } from "../ssh/far-side.ts";
import { type Host, parseHosts } from "../ssh/hosts.ts";
import { Session } from "../ssh/session.ts";
import { SUDO_MS_MAX, sudoError, sudoOf } from "../ssh/sudo.ts";
import { argumentsOf } from "./local.ts";
import {
  type End,
  type Runner,
  type RunnerHost,
  type Running,
  requiredScript,
  type StreamTexts,
} from "./runner.ts";

/** How long a login may take, after the connection is made, before the action's timeout begins. */
const LOG_IN_SECONDS_MAX = 20;

/** OpenSSH's exit code for its own failures; a command may have it too. */
const SSH_FAILED = 255;

/** `remote-shell-cmd`: a command on one remote host. */
export const remoteCommand: Runner = (execution, host, onData) => {
  const { cmd } = execution.runner_parameters;
  if (typeof cmd !== "string") throw new Error("The action has no cmd.");
  return startRemote({ cmd }, undefined, execution, host, onData);
};

/** `remote-shell-script`: a pack's script and its `lib` folder, copied to one remote host for the run. */
export const remoteScript: Runner = async (execution, host, onData) => {
  const { name, archive } = await archiveOf(requiredScript(execution, host));
  return startRemote({ script: name, args: argumentsOf(execution) }, archive, execution, host, onData);
};

async function startRemote(
  command: FarRun["command"],
  archive: Buffer | undefined,
  execution: LeasedExecution,
  own: RunnerHost,
  onData: OnData,
): Promise<Running> {
  const { runner_parameters: runner } = execution;
  const { folder, ssh } = own;
  const { alive_seconds } = ssh;
  const [named] = parseHosts(runner.hosts);
  if (!named) throw new Error("The action has no hosts.");
  const host = { ...named, key: execution.host ?? named.key };
  const terminal = terminalOf(runner);
  const { sudo, sudo_password } = sudoOf(runner);
  const far = farSide({
    key: execution,
    env: { ...userEnvironment(runner), ...actionEnvironment(execution, own) },
    cwd: typeof runner.cwd === "string" ? runner.cwd : "/tmp",
    command,
    dir: typeof runner.dir === "string" ? runner.dir : "/tmp",
    archive_bytes: archive?.length ?? 0,
    sudo,
    terminal,
    alive_seconds,
    grace_seconds: KILL_GRACE_MS / 1000,
  });
  const credentials = credentialsOf(runner);
  const asks = await askpass(credentials, folder);
  const identity = identityFile(credentials.private_key, folder);
  const log = join(folder, "ssh.log");
  const args = [...sshArguments(host, runner, ssh, { log, identity }), far.command];
  const session = await Session.start(
    { file: "ssh", args },
    { ...ownEnvironment(), ...asks?.env },
    { far, isTerminal: terminal !== undefined, sudo_password, archive, alive_seconds, onData },
  );
  void session.answered.then(() => {
    // The connection is made, so its key is not needed any more.
    if (identity !== undefined && identity !== credentials.private_key) rmSync(identity, { force: true });
  });
  const connect_ms_max = (Number(runner.connect_timeout ?? 0) + LOG_IN_SECONDS_MAX) * 1000;
  return {
    pid: session.pid,
    exited: session.exited,
    exit: session.exit.finally(() => asks?.close()),
    begun: Promise.race([session.ordered, pause(connect_ms_max + (sudo === "no" ? 0 : SUDO_MS_MAX))]),
    hangUp: () => session.hangUp(),
    end: (exit, ended, texts) => remoteEnd(host, session, readLog(log), exit, ended, texts),
  };
}

/** The result of one host, under the host's key, as StackStorm's remote runners have it. */
function remoteEnd(
  host: Host,
  session: Session,
  log: string,
  exit: Exit,
  ended: Ended,
  texts: StreamTexts,
): End {
  const { status, exit_code, result } = shellEnd(exit, ended, texts);
  const error = ended ? undefined : errorOf(host, session, log, returnCode(exit, ended));
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

function errorOf(host: Host, session: Session, log: string, code: number): string | undefined {
  if (session.stage === "refused") return sudoError(session);
  if (session.stage === "calling") {
    return `Connection error. Cannot connect to ${host.text}: ${log || "ssh ended before the remote host answered."}`;
  }
  if (code !== SSH_FAILED || session.said_own_failure) return sudoError(session);
  return `Connection error. Lost ${host.text}: ${log || "the connection ended before the command did."}`;
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8").trim().replaceAll("\r", "");
  } catch {
    return "";
  }
}
