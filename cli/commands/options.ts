import { Command, InvalidArgumentError, Option } from "commander";
import { failureText } from "../../protocol/base/failure-text.ts";
import { type Labels, readLabels } from "../../protocol/model/label.ts";
import type { Placement } from "../../protocol/model/pool.ts";
import { CliError } from "../base/errors.ts";
import type { ConfigFlags } from "../settings/config.ts";
import { withLookFlags } from "../terminal/look.ts";

/** Flags of every command that talks to a server. */
export interface CommonFlags extends ConfigFlags {
  json?: boolean;
}

/** A command that talks to a server: with its flags, and the examples that its help shows. */
export function serverCommand(name: string, description: string, examples: string[]): Command {
  return withExamples(new Command(name).description(description), examples)
    .option("--url <url>", "the server's URL (TAILRACE_URL)")
    .option("--key-file <file>", "read the API key from a file (TAILRACE_API_KEY)")
    .option("-j, --json", "print JSON");
}

/** The argument of a command that reads one execution. */
export const EXECUTION_ID = ["[id]", "an execution's id, or last", "last"] as const;

/** A command that only has subcommands. */
export function groupCommand(name: string, description: string, examples: string[]): Command {
  return withExamples(new Command(name).description(description), examples);
}

/** Adds examples to a command's help. */
export function withExamples(command: Command, examples: string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join("\n");
  return command.addHelpText("after", `\nExamples:\n${lines}`).showHelpAfterError("(-h shows the help)");
}

/** Flags of every command that prints output while it arrives. */
export function withTailFlags(command: Command): Command {
  return withLookFlags(command)
    .addOption(new Option("--type <stream>", "show only this stream").choices(["stdout", "stderr", "other"]))
    .option("--include-metadata", "print the time and stream before each line");
}

/** A pool that a command names. */
export interface PoolFlag {
  pool?: string;
}

/** Adds the flag that names a pool. */
export function withPool(command: Command, description: string): Command {
  return command.option("--pool <name>", description);
}

/** Flags of a command that starts an execution: where it may run. */
export interface PlacementFlags extends PoolFlag {
  label: string[];
  queueTimeout?: number;
}

/** Adds the flags that say where an execution may run. */
export function withPlacementFlags(command: Command): Command {
  return withPool(command, "run it in this pool")
    .addOption(repeatable("--label <name=value>", "run it on an agent with this label; repeatable"))
    .option(
      "--queue-timeout <seconds>",
      "end it with status timeout if no agent takes it in this time",
      secondsNumber,
    );
}

/** The placement of an execution, in the form of a request. */
export function placementOf({ pool, label, queueTimeout }: PlacementFlags): Placement {
  return {
    ...(pool === undefined ? {} : { pool }),
    ...(label.length === 0 ? {} : { labels: labelsOf(label) }),
    ...(queueTimeout === undefined ? {} : { queue_timeout_seconds: queueTimeout }),
  };
}

function labelsOf(texts: string[]): Labels {
  try {
    return readLabels(texts);
  } catch (error) {
    throw new CliError(`--label: ${failureText(error)}`);
  }
}

/** An option that may be given more than once. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((text: string, before: string[]) => [...before, text])
    .default([], "none");
}

function secondsNumber(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 1)
    throw new InvalidArgumentError("It must be a number of seconds, 1 or more.");
  return seconds;
}

/** Reads a whole number that is not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(text);
}
