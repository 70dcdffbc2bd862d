import { accessSync, chmodSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { LeasedExecution } from "../../protocol/agent.ts";
import { scriptArguments } from "./arguments.ts";

/** What is to be started: a program, its arguments, and what is written to its stdin, if anything is. */
export interface Command {
  file: string;
  args: string[];
  cwd: string | undefined;
  stdin: string | undefined;
}

/** The command of a leased execution. `script` is the action's entry point on this host. Throws what a user can mend. */
export function commandOf(execution: LeasedExecution, script: string | undefined): Command {
  const { runner_parameters: runner } = execution;
  const inner =
    execution.action.runner_type === "local-shell-cmd"
      ? shellCommand(runner)
      : scriptCommand(execution, script);
  const { words, stdin } =
    runner.sudo === true ? underSudo(inner, runner.sudo_password) : { words: inner, stdin: undefined };
  const [file = "", ...args] = runner.unbuffered === true ? unbuffered(words) : words;
  return { file, args, cwd: typeof runner.cwd === "string" ? runner.cwd : undefined, stdin };
}

/** How long the process may take, in milliseconds; undefined for as long as it likes. */
export function timeoutMs(runner: Record<string, unknown>): number | undefined {
  const { timeout } = runner;
  return typeof timeout === "number" && timeout > 0 ? timeout * 1000 : undefined;
}

function shellCommand({ cmd }: Record<string, unknown>): string[] {
  if (typeof cmd !== "string") throw new Error("The action has no cmd.");
  return ["/bin/sh", "-c", cmd];
}

function scriptCommand(
  { action, action_parameters, runner_parameters }: LeasedExecution,
  script: string | undefined,
): string[] {
  if (script === undefined || !existsSync(script)) {
    throw new Error(`The script of ${action.pack}.${action.name} is not on this host: ${action.entry_point}`);
  }
  const kwarg_op = typeof runner_parameters.kwarg_op === "string" ? runner_parameters.kwarg_op : "--";
  const args = scriptArguments(action.parameters, action_parameters, kwarg_op);
  // The shell starts a script that names no interpreter as its own.
  return isExecutable(script)
    ? ["/bin/sh", "-c", '"$0" "$@"', script, ...args]
    : ["/bin/sh", script, ...args];
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

/** A password goes to sudo's stdin and nowhere else; without one sudo must not ask. */
function underSudo(words: string[], password: unknown): { words: string[]; stdin: string | undefined } {
  if (typeof password === "string" && password !== "") {
    return { words: ["sudo", "-S", "-p", "", "-E", "--", ...words], stdin: `${password}\n` };
  }
  return { words: ["sudo", "-n", "-E", "--", ...words], stdin: undefined };
}

function unbuffered(words: string[]): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const isThere = folders.some((folder) => existsSync(join(folder, "stdbuf")));
  return isThere ? ["stdbuf", "-oL", "-eL", ...words] : words;
}
