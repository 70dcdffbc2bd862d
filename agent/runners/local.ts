import { accessSync, chmodSync, constants, existsSync } from "node:fs";
import type { LeasedExecution } from "../../protocol/agent.ts";
import { scriptArguments } from "../process/arguments.ts";
import { type OnData, startChild } from "../process/child.ts";
import { inTerminal, terminalOf, unbuffered, underSudo } from "../process/command.ts";
import { actionEnvironment, JOB_SOCKET, ownEnvironment, userEnvironment } from "../process/environment.ts";
import { shellEnd } from "../process/result.ts";
import { type Runner, type RunnerHost, type Running, requiredScript } from "./runner.ts";

/** `local-shell-cmd`: a command, by `/bin/sh -c`. */
export const localCommand: Runner = (execution, host, onData) => {
  const { cmd } = execution.runner_parameters;
  if (typeof cmd !== "string") throw new Error("The action has no cmd.");
  return startLocal(["/bin/sh", "-c", cmd], execution, host, onData);
};

/** `local-shell-script`: a pack's script, with the action's parameters as its arguments. */
export const localScript: Runner = (execution, host, onData) => {
  const script = requiredScript(execution, host);
  if (!existsSync(script)) {
    const { pack, name, entry_point } = execution.action;
    throw new Error(`The script of ${pack}.${name} is not on this host: ${entry_point}`);
  }
  const words = [script, ...argumentsOf(execution)];
  // The shell starts a script that names no interpreter as its own.
  const shell = isExecutable(script) ? ["/bin/sh", "-c", '"$0" "$@"'] : ["/bin/sh"];
  return startLocal([...shell, ...words], execution, host, onData);
};

/** The arguments of a script runner's script. */
export function argumentsOf({ action, action_parameters, runner_parameters }: LeasedExecution): string[] {
  const kwarg_op = typeof runner_parameters.kwarg_op === "string" ? runner_parameters.kwarg_op : "--";
  return scriptArguments(action.parameters, action_parameters, kwarg_op);
}

async function startLocal(
  inner: string[],
  execution: LeasedExecution,
  host: RunnerHost,
  onData: OnData,
): Promise<Running> {
  const { runner_parameters: runner } = execution;
  const size = terminalOf(runner);
  const shown = size ? inTerminal(inner, size) : inner;
  const { words, stdin } =
    runner.sudo === true ? underSudo(shown, runner.sudo_password) : { words: shown, stdin: undefined };
  const [file = "", ...args] = runner.unbuffered === true ? unbuffered(words) : words;
  const cwd = typeof runner.cwd === "string" ? runner.cwd : undefined;
  if (cwd !== undefined && !existsSync(cwd)) throw new Error(`cwd: there is no folder ${cwd} on this host.`);
  const env = {
    PYTHONUNBUFFERED: "1",
    ...ownEnvironment(),
    ...(size ? { TERM: "xterm-256color" } : {}),
    ...userEnvironment(runner),
    ...actionEnvironment(execution, host.url),
    [JOB_SOCKET]: host.job_socket,
  };
  const child = await startChild({ file, args, cwd, stdin }, env, onData);
  return { ...child, end: shellEnd };
}

function isExecutable(script: string): boolean {
  try {
    accessSync(script, constants.X_OK);
    return true;
  } catch {
    return makeExecutable(script);
  }
}

/** A pack's folder may be somebody else's: then the script is run by the shell as it is. */
function makeExecutable(script: string): boolean {
  try {
    chmodSync(script, 0o755);
    return true;
  } catch {
    return false;
  }
}
