import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { allVars } from "../base/worker-vars.ts";
import { readServerFile } from "./server-file.ts";
import {
  optionOf,
  SERVER_SETTINGS,
  type SettingValue,
  VARIABLE_PREFIX,
  variableOf,
} from "./server-settings.ts";

/** The file of a local server's settings, in its state folder. */
const FILE = "tailrace.toml";

/** A setting's value, and the source that it is from. */
export interface FoundSetting {
  name: string;
  value: SettingValue;
  source: string;
}

/** Where a local server's settings and its data are. */
export interface ServerPlace {
  state: string;
  config?: string;
}

/** Adds the flags that say where a local server's settings and its data are. */
export function withServerPlace(command: Command): Command {
  return command
    .addOption(
      new Option("--state <dir>", "the folder for all stored data")
        .env(variableOf("state"))
        .default(".tailrace"),
    )
    .addOption(
      new Option("--config <file>", `the file with the settings (default: ${FILE} in the state folder)`).env(
        variableOf("config"),
      ),
    );
}

/** Adds a flag for each setting of the local server. */
export function withServerFlags(command: Command): Command {
  for (const setting of SERVER_SETTINGS) command.addOption(optionOf(setting));
  return withServerPlace(command);
}

/**
 * The settings of the local server, each from the first source that has it: its flag, its variable, the file, the default. Throws for a
 * file that cannot be read, and for a variable that no setting has.
 */
export function findServerSettings(command: Command, env: NodeJS.ProcessEnv = process.env): FoundSetting[] {
  refuseUnknown(env);
  const { state, config } = command.opts<ServerPlace>();
  const own_file = join(state, FILE);
  const file = config ?? (existsSync(own_file) ? own_file : undefined);
  const in_file = file === undefined ? new Map<string, SettingValue>() : readServerFile(file);
  return SERVER_SETTINGS.map(({ name, standard }) => {
    const key = optionKey(name);
    const given: SettingValue = command.getOptionValue(key) ?? standard;
    const from = command.getOptionValueSource(key);
    if (from === "cli") return { name, value: given, source: "flag" };
    if (from === "env") return { name, value: given, source: variableOf(name) };
    const value = in_file.get(name);
    return value === undefined || file === undefined
      ? { name, value: standard, source: "default" }
      : { name, value, source: file };
  });
}

/** The name of a flag's value: `tlsCert` of `tls_cert`. */
function optionKey(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function refuseUnknown(env: NodeJS.ProcessEnv): void {
  const known = [...SERVER_SETTINGS.map(({ name }) => name), "state", "config"].map(variableOf);
  const unknown = Object.keys(env).find((name) => name.startsWith(VARIABLE_PREFIX) && !known.includes(name));
  if (unknown !== undefined)
    throw new CliError(
      `${unknown}: no setting has this variable. \`tailrace config\` lists them.`,
      EXIT.usage,
    );
}

/** The Worker's part of the settings, as the Worker names them. */
export function workerVarsOf(found: readonly FoundSetting[]): Record<string, string | number | boolean> {
  const values = new Map(found.map(({ name, value }) => [name, value]));
  return Object.fromEntries(
    allVars().map(({ name, own }) => {
      const value = values.get(name.toLowerCase()) ?? own;
      return [name, Array.isArray(value) ? own : value];
    }),
  );
}
