import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Command, Option } from "commander";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import type { TailOutcome } from "../output/tail.ts";
import { tell } from "../terminal/print.ts";

/** How a command tells its user that the execution has ended. */
export interface NotifyFlags {
  notify?: boolean;
  notifyRun?: string;
}

const BELL = "\u0007";

/** Adds the flags to a command that waits for an execution's end. */
export function withNotify(command: Command): Command {
  return command
    .option("--notify", "ring the terminal's bell at the end")
    .addOption(
      new Option(
        "--notify-run <command>",
        "run this by the shell at the end; it has TAILRACE_ENDED_ID, TAILRACE_ENDED_STATUS and TAILRACE_ENDED_EXIT_CODE",
      ),
    );
}

/** Refuses a bell that nothing would ring, before the wait. */
export function checkNotify({ notify }: NotifyFlags): void {
  if (notify && !process.stderr.isTTY)
    throw new CliError("--notify: stderr is no terminal, so it has no bell. Use --notify-run <command>.");
}

/** Rings the bell or runs the command. Nothing is done for an execution that was not followed to its end. */
export async function notifyEnd(id: string, outcome: TailOutcome, flags: NotifyFlags): Promise<void> {
  if (!outcome) return;
  if (flags.notify) process.stderr.write(BELL);
  if (flags.notifyRun !== undefined) await runCommand(flags.notifyRun, id, outcome);
}

/** A failure of the command is told, and does not change the exit code, which belongs to the execution. */
async function runCommand(
  command: string,
  id: string,
  { status, exit_code }: NonNullable<TailOutcome>,
): Promise<void> {
  const env = {
    ...process.env,
    TAILRACE_ENDED_ID: id,
    TAILRACE_ENDED_STATUS: status,
    TAILRACE_ENDED_EXIT_CODE: exit_code === null ? "" : String(exit_code),
  };
  const child = spawn("/bin/sh", ["-c", command], { env, stdio: ["ignore", process.stderr, "inherit"] });
  try {
    const [code, signal]: (number | string | null)[] = await once(child, "exit");
    if (code !== 0) tell(`--notify-run: the command has ended with ${signal ?? `exit code ${code}`}.`);
  } catch (error) {
    tell(`--notify-run: ${failureText(error)}`);
  }
}
