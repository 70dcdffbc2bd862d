import type { Command } from "commander";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { exitCodeOf, type TailOutcome } from "../output/tail.ts";

/** Whether a command exits with the execution's outcome. */
export interface ExitStatusFlags {
  exitStatus?: boolean;
}

/** Adds the flag to a command that reads an output. It exits with 0 by default, as StackStorm's does. */
export function withExitStatus(command: Command): Command {
  return command.option("--exit-status", "exit with the execution's outcome (default: 0)");
}

/** Adds the flags to a command that starts an execution. It exits with the outcome by default. */
export function withOwnExitStatus(command: Command): Command {
  return command
    .option("--exit-status", "exit with the outcome (the default), or 141 if stdout is closed before")
    .option("--no-exit-status", "exit with 0 whatever the outcome");
}

/** Notes that the outcome is asked for: a reader that closes stdout before it is known does not make a success of it. */
export function awaitOutcome({ exitStatus }: ExitStatusFlags): void {
  if (exitStatus) process.exitCode = EXIT.closed;
}

/** Sets the exit code for an outcome that was asked for. There is none after Ctrl-C, which has set its own. */
export function exitWith(outcome: TailOutcome, { exitStatus }: ExitStatusFlags, id: string): void {
  if (!exitStatus || process.exitCode === EXIT.interrupted) return;
  if (outcome === undefined)
    throw new CliError(
      `Execution ${id} has not ended, so it has no outcome. To wait for it, leave out --no-follow.`,
    );
  process.exitCode = exitCodeOf(outcome);
}
