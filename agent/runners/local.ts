import { accessSync, chmodSync, constants, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { scriptArguments } from "../../protocol/model/arguments.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { type OnData, startChild } from "../process/child.ts";
import { inTerminal, shellLineIn, TERMINAL_VARIABLES, terminalOf, unbuffered } from "../process/command.ts";
import {
  actionEnvironment,
  JOB_SOCKET,
  markText,
  ownEnvironment,
  userEnvironment,
} from "../process/environment.ts";
import { KILL_GRACE_MS } from "../process/kill.ts";
import { shellEnd } from "../process/result.ts";
import { farSide } from "../ssh/far-side.ts";
import { Session } from "../ssh/session.ts";
import { SUDO_MS_MAX, sudoError, sudoOf } from "../ssh/sudo.ts";
import { type End, type Runner, type RunnerHost, type Running, requiredScript } from "./runner.ts";

/** StackStorm runs commands with bash, and its examples need it. Not every host has it. */
const SHELL =
  ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find((path) => existsSync(path)) ?? "/bin/sh";

/** `local-shell-cmd`: a command, by `bash -c`, or by `/bin/sh -c` without bash. */
export const localCommand: Runner = (execution, host, onData) => {
  const { cmd } = execution.runner_parameters;
  if (typeof cmd !== "string") throw new Error("The action has no cmd.");
  const line = shellLineIn(cmd, join(host.folder, "command"));
  return startLocal([SHELL, "-c", line], execution, host, onData);
};

/** `local-shell-script`: a pack's script, with the action's parameters as its arguments. */
export const localScript: Runner = (execution, host, onData) => {
  const script = requiredScript(execution, host);
  if (!existsSync(script)) {
    const { pack, name, entry_point } = execution.action;
    throw new Error(`The script of ${pack}.${name} is not on this host: ${entry_point}`);
  }
  const words = [script, ...argumentsOf(execution)];
  // The shell runs a script without an interpreter line itself.
  const shell = isExecutable(script) ? ["/bin/sh", "-c", 'exec "$0" "$@"'] : ["/bin/sh"];
  return startLocal([...shell, ...words], execution, host, onData);
};

/** The arguments of a script runner's script. */
export function argumentsOf({ action, action_parameters, runner_parameters }: LeasedExecution): string[] {
  const kwarg_op = typeof runner_parameters.kwarg_op === "string" ? runner_parameters.kwarg_op : "--";
  return scriptArguments(action.parameters, action_parameters, kwarg_op).map(({ text }) => text);
}

async function startLocal(
  inner: string[],
  execution: LeasedExecution,
  host: RunnerHost,
  onData: OnData,
): Promise<Running> {
  const { runner_parameters: runner } = execution;
  const size = terminalOf(runner);
  const shown = size ? inTerminal(inner, size, { folder: host.folder, mark: markText(execution) }) : inner;
  const words = runner.unbuffered === true ? unbuffered(shown) : shown;
  const cwd = typeof runner.cwd === "string" ? runner.cwd : undefined;
  const env = {
    ...(size ? TERMINAL_VARIABLES : {}),
    ...userEnvironment(runner),
    ...actionEnvironment(execution, host),
    [JOB_SOCKET]: host.job_socket,
  };
  if (runner.sudo === true) return startUnderSudo(words, env, cwd, execution, onData);
  if (cwd !== undefined && !existsSync(cwd)) throw new Error(`cwd: there is no folder ${cwd} on this host.`);
  const [file = "", ...args] = words;
  const child = await startChild(
    { file, args, cwd },
    { PYTHONUNBUFFERED: "1", ...ownEnvironment(), ...env },
    onData,
  );
  return { pid: child.pid, exited: child.exited, exit: child.exit, end: shellEnd };
}

/** Seconds between two signs of life to the far side of a pipe. The pipe itself ends when the agent ends. */
const ALIVE_SECONDS = 15;

/**
 * The agent may not send signals to another user's processes. So a far side runs under sudo, and ends them for the agent. The password
 * goes over the same pipe as the orders, and only when sudo asks for it.
 */
async function startUnderSudo(
  words: string[],
  env: Record<string, string>,
  cwd: string | undefined,
  execution: LeasedExecution,
  onData: OnData,
): Promise<Running> {
  const { sudo, sudo_password } = sudoOf(execution.runner_parameters);
  const far = farSide({
    key: execution,
    env: { PYTHONUNBUFFERED: process.env.PYTHONUNBUFFERED ?? "1", ...env },
    cwd: cwd ?? process.cwd(),
    command: { words },
    dir: tmpdir(),
    archive_bytes: 0,
    sudo,
    terminal: undefined,
    alive_seconds: ALIVE_SECONDS,
    grace_seconds: KILL_GRACE_MS / 1000,
  });
  const session = await Session.start({ file: "/bin/sh", args: ["-c", far.command] }, ownEnvironment(), {
    far,
    isTerminal: false,
    sudo_password,
    archive: undefined,
    alive_seconds: ALIVE_SECONDS,
    onData,
  });
  return {
    pid: session.pid,
    exited: session.exited,
    exit: session.exit,
    begun: Promise.race([session.ordered, pause(SUDO_MS_MAX)]),
    hangUp: () => session.hangUp(),
    end: (exit, ended, texts) =>
      withError(shellEnd(exit, ended, texts), ended ? undefined : sudoError(session)),
  };
}

function withError(end: End, error: string | undefined): End {
  return error === undefined ? end : { ...end, result: { ...end.result, error } };
}

function isExecutable(script: string): boolean {
  try {
    accessSync(script, constants.X_OK);
    return true;
  } catch {
    return makeExecutable(script);
  }
}

/** False if the file cannot be changed, because it belongs to another user: then the shell runs the script. */
function makeExecutable(script: string): boolean {
  try {
    chmodSync(script, 0o755);
    return true;
  } catch {
    return false;
  }
}
