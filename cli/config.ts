import { homedir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as v from "valibot";
import { parse } from "yaml";
import { CliError } from "./errors.ts";
import { readIfThere } from "./server/secrets.ts";

/** Where a command finds its server. */
export interface Config {
  url: string;
  key: string;
  /** Where each came from, for `doctor`. */
  source: { url: string; key: string };
}

/** What every command takes. A key is never a flag: other users of the host can read command lines. */
export interface ConfigFlags {
  url?: string;
  keyFile?: string;
}

const ConfigFile = v.object({ url: v.optional(v.string()), key: v.optional(v.string()) });

/** The file that `npm start` writes into its state folder, and that a second terminal in the same folder finds. */
const LOCAL_ENV_FILE = join(".tailrace", "env");

/** The settings: flags, then the environment, then the user's file, then a local server's. Throws with what is missing. */
export function readConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv = process.env): Config {
  const user_file =
    env.TAILRACE_CONFIG ?? join(env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "tailrace", "config.yaml");
  const sources = [
    {
      name: "flag",
      url: flags.url,
      key: flags.keyFile === undefined ? undefined : readKeyFile(flags.keyFile),
    },
    { name: "environment", url: env.TAILRACE_URL, key: env.TAILRACE_API_KEY },
    { name: user_file, ...readUserFile(user_file) },
    { name: LOCAL_ENV_FILE, ...readLocalEnv() },
  ];
  const url = sources.find((source) => source.url);
  const key = sources.find((source) => source.key);
  if (!url?.url || !key?.key) {
    const missing = url ? "key (TAILRACE_API_KEY)" : "server (TAILRACE_URL or --url)";
    throw new CliError(
      `No ${missing} is set. Start a local one with \`npm start\` and try again from the same folder, or:\n  . .tailrace/env`,
    );
  }
  if (!URL.canParse(url.url))
    throw new CliError(`The URL of the server is not one: ${url.url} (from ${url.name})`);
  return { url: url.url, key: key.key, source: { url: url.name, key: key.name } };
}

function readKeyFile(file: string): string {
  const key = readIfThere(file)?.trim();
  if (!key) throw new CliError(`There is no key in ${file}.`);
  return key;
}

function readUserFile(file: string): { url?: string | undefined; key?: string | undefined } {
  const text = readIfThere(file);
  if (text === undefined) return {};
  try {
    return v.parse(ConfigFile, parse(text) ?? {});
  } catch (error) {
    throw new CliError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function readLocalEnv(): { url?: string | undefined; key?: string | undefined } {
  const text = readIfThere(LOCAL_ENV_FILE);
  if (text === undefined) return {};
  const { TAILRACE_URL: url, TAILRACE_API_KEY: key } = parseEnv(text);
  return { url, key };
}
