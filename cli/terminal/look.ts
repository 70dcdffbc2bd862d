import { type Command, Option } from "commander";

/** How a command prints an output: its bytes, only its text, or what is harmless at a terminal. */
export type Look = "raw" | "plain" | "terminal";

export interface LookFlags {
  raw?: boolean;
  plain?: boolean;
}

/** Adds the flags of a command that prints output. */
export function withLookFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--raw",
        "write every byte unchanged, also to a terminal (titles, clipboard and all)",
      ).conflicts("plain"),
    )
    .option(
      "--plain",
      "print only text, without colours and cursor moves (NO_COLOR does this at a terminal)",
    );
}

/** How output is printed here. A pipe gets the bytes. */
export function lookOf({ raw, plain }: LookFlags): Look {
  if (plain) return "plain";
  if (raw || !process.stdout.isTTY) return "raw";
  return hasNoColour() ? "plain" : "terminal";
}

/** Whether the user wants no colours (https://no-color.org). */
export function hasNoColour(): boolean {
  return (process.env.NO_COLOR ?? "") !== "";
}
