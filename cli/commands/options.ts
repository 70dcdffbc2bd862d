import { Command, InvalidArgumentError, Option } from "commander";
import type { ConfigFlags } from "../config.ts";
import { withLookFlags } from "../terminal/look.ts";

/** Flags of every command that talks to a server. */
export interface CommonFlags extends ConfigFlags {
  json?: boolean;
}

/** A command that talks to a server: with its flags, and the examples that its help shows. */
export function serverCommand(name: string, description: string, examples: string[]): Command {
  return withExamples(new Command(name).description(description), examples)
    .option("--url <url>", "the server (TAILRACE_URL)")
    .option("--key-file <file>", "a file with the API key (TAILRACE_API_KEY)")
    .option("-j, --json", "JSON, for programs");
}

/** Adds examples to a command's help. */
export function withExamples(command: Command, examples: string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join("\n");
  return command.addHelpText("after", `\nExamples:\n${lines}`).showHelpAfterError("(-h shows what there is)");
}

/** Flags of every command that prints output as it comes. */
export function withTailFlags(command: Command): Command {
  return withLookFlags(command)
    .addOption(new Option("--type <stream>", "only this stream").choices(["stdout", "stderr", "other"]))
    .option("--include-metadata", "time and stream before each line");
}

/** Reads a whole number that is not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(text);
}
