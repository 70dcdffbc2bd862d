import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import {
  checkedSettings,
  type Given,
  givenSettings,
  type SettingsFile,
} from "../../protocol/settings/setting.ts";
import { parseSettingsFile } from "../../protocol/settings/settings-file.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { allVars } from "../base/worker-vars.ts";
import {
  OwnSettings,
  SERVER_SETTINGS,
  serverOptions,
  VARIABLE_PREFIX,
  VarSettings,
  variableOf,
} from "./server-settings.ts";

/** The file of a local server's settings, in its state folder. */
const FILE = "tailrace.toml";

/** Where a local server's settings and its data are. */
export interface ServerPlace {
  state: string;
  config?: string;
}

/** Adds the flag that names a local server's state folder. */
export function withState(command: Command): Command {
  return command.addOption(
    new Option("--state <dir>", "the server's state folder, with all stored data")
      .env(variableOf("state"))
      .default(".tailrace"),
  );
}

/** Adds the flags that say where a local server's settings and its data are. */
export function withServerPlace(command: Command): Command {
  return withState(command).addOption(
    new Option("--config <file>", `the file with the settings (default: ${FILE} in the state folder)`).env(
      variableOf("config"),
    ),
  );
}

/** Adds a flag for each setting of the local server. */
export function withServerFlags(command: Command): Command {
  for (const option of serverOptions()) command.addOption(option);
  return withServerPlace(command);
}

/** The local server's settings, and where each comes from that has not its default. */
export interface ServerSettings {
  given: ReadonlyMap<string, Given>;
  own: OwnSettings;
  /** The Worker's, by its own names. */
  vars: Record<string, string | number | boolean>;
}

/**
 * Takes each setting from the first source that has it: its flag, its variable, the file. Throws for a file that cannot be read, a wrong
 * value, and a name that no setting has.
 */
export function findServerSettings(
  { state, config, ...flags }: ServerPlace & Record<string, unknown>,
  env: NodeJS.ProcessEnv = process.env,
): ServerSettings {
  refuseUnknown(env);
  const own_file = join(state, FILE);
  const file = config ?? (existsSync(own_file) ? own_file : undefined);
  const sources = { flags, env, file: file === undefined ? undefined : readFile(file) };
  const given = new Map(
    [...givenSettings(SERVER_SETTINGS, sources)].map(([name, one]) => [name, fromFolder(name, one, file)]),
  );
  try {
    const own = checkedSettings(OwnSettings, given);
    const vars = checkedSettings(VarSettings, given);
    return { given, own, vars: workerVars(vars) };
  } catch (error) {
    throw new CliError(`${failureText(error)}. See: tailrace start --help`, EXIT.usage);
  }
}

function readFile(file: string): SettingsFile {
  try {
    return parseSettingsFile(readFileSync(file, "utf8"), file, SERVER_SETTINGS);
  } catch (error) {
    throw new CliError(
      `The settings file cannot be used: ${openSentence(failureText(error))}. \`tailrace start --help\` lists the settings; --config FILE names another file.`,
      EXIT.usage,
    );
  }
}

/** A path in the file begins at the file's folder. */
function fromFolder(name: string, given: Given, file: string | undefined): Given {
  if (given.origin !== "file" || file === undefined || !SERVER_SETTINGS[name]?.is_path) return given;
  const inFolder = (path: unknown) => (typeof path === "string" ? resolve(dirname(file), path) : path);
  const { value } = given;
  return { ...given, value: Array.isArray(value) ? value.map(inFolder) : inFolder(value) };
}

function refuseUnknown(env: NodeJS.ProcessEnv): void {
  const known = [...Object.keys(SERVER_SETTINGS), "state", "config"].map(variableOf);
  const unknown = Object.keys(env).find((name) => name.startsWith(VARIABLE_PREFIX) && !known.includes(name));
  if (unknown !== undefined)
    throw new CliError(
      `${unknown}: no setting has this variable. \`tailrace start --help\` lists the settings.`,
      EXIT.usage,
    );
}

function workerVars(
  checked: Readonly<Record<string, string | number | boolean>>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(allVars().map(({ name, own }) => [name, checked[name.toLowerCase()] ?? own]));
}
