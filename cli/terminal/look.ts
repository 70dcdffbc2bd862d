import { type Command, Option } from "commander";

/** How a command prints an output: its bytes as they are, text alone, or what a terminal may show. */
export type Look = "raw" | "plain" | "terminal";

export interface LookFlags {
  raw?: boolean;
  plain?: boolean;
}

/** Adds the flags of a command that prints output. */
export function withLookFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--raw", "to a terminal too, every byte as it is: titles, clipboard, all of it").conflicts(
        "plain",
      ),
    )
    .option("--plain", "text alone: no colours, no moves (NO_COLOR does so at a terminal)");
}

/** How output is printed here. A program at the other end of a pipe gets the bytes. */
export function lookOf({ raw, plain }: LookFlags): Look {
  if (plain) return "plain";
  if (raw || !process.stdout.isTTY) return "raw";
  return hasNoColour() ? "plain" : "terminal";
}

/** Whether the user wants no colours (https://no-color.org). */
export function hasNoColour(): boolean {
  return (process.env.NO_COLOR ?? "") !== "";
}
