import { statSync } from "node:fs";
import { hostname } from "node:os";
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { LogFormat } from "../../protocol/base/log-line.ts";
import { shownUrl, urlMistake } from "../../protocol/base/server-url.ts";
import type { Labels } from "../../protocol/model/label.ts";
import { AGENT_SETTINGS, AgentSettings, type FsyncPolicy } from "../../protocol/settings/agent.ts";
import { checkedSettings, type Given, givenSettings } from "../../protocol/settings/setting.ts";
import { readSettingsFile } from "./file.ts";
import { keyOf } from "./key.ts";

export interface Settings {
  url: string;
  /** The pool's key, for the first start to register with. */
  key: string | undefined;
  /** Why there is no key, as a sentence. */
  no_key: string;
  /** The file of the key, if other users of the host can read it. */
  open_key_file: string | undefined;
  /** The pool that the agent must be in; undefined: the key's. */
  pool: string | undefined;
  state: string;
  name: string;
  slots: number;
  labels: Labels;
  packs: string[];
  spool_bytes_max: number;
  fsync: FsyncPolicy;
  mask_env: string[];
  ssh_alive_seconds: number;
  /** How long a first signal to stop waits for the runs; undefined: as long as they take. */
  drain_timeout_seconds: number | undefined;
  /** Where the agent serves its numbers; undefined: nowhere. */
  metrics: string | undefined;
  log_format: LogFormat;
  stop_with_stdin: boolean;
}

/** Whether requests to a server can be read on the network: it is on another host, and the URL is not encrypted. */
export function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The settings from a command line, the environment, and the file that one of them names. Throws if one is missing or wrong. */
export function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const { config, ...flags } = parseFlags(args);
  const file = readSettingsFile(config, env);
  const given = givenSettings(AGENT_SETTINGS, { flags, env, file });
  const { url, key, key_file, state, name, ...values } = checkedSettings(AgentSettings, given);
  if (!url) throw new Error("--url is missing: give the server's URL.");
  const mistake = urlMistake(url);
  if (mistake !== undefined) throw new Error(`${placeOf(given, "url")} ${mistake}: ${shownUrl(url)}`);
  for (const folder of values.packs) checkFolder(folder, placeOf(given, "packs"));
  if (!state) throw new Error("--state is missing: give a folder for the agent's identity and spools.");
  return {
    ...values,
    ...keyOf(key, key_file, given.get("key_file")?.origin === "flag"),
    url: url.replace(/\/+$/, ""),
    pool: values.pool,
    drain_timeout_seconds: values.drain_timeout_seconds,
    metrics: values.metrics,
    state,
    name: name ?? hostname(),
  };
}

/** A folder of packs that is not there is a mistake. Without its packs, the agent would take no work and say nothing. */
function checkFolder(folder: string, place: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory())
    throw new Error(
      `${place}: ${folder}: ${found ? "it is a file" : "no such folder"}. Give the folder of a pack, or one that has packs`,
    );
}

/** The flags by their settings' names, as texts, and the settings file. */
function parseFlags(args: string[]): Record<string, unknown> & { config?: string | undefined } {
  const settings = Object.entries(AGENT_SETTINGS).filter(([, { flag }]) => flag !== undefined);
  const options: NonNullable<ParseArgsConfig["options"]> = { config: { type: "string" } };
  for (const [, { kind, flag = "" }] of settings)
    options[flag.slice(2)] =
      kind === "switch" ? { type: "boolean" } : { type: "string", multiple: kind === "list" };
  const { values } = parseArgs({ args, options });
  const named = settings.map(([name, { flag = "" }]) => [name, values[flag.slice(2)]]);
  return { ...Object.fromEntries(named), config: values.config?.toString() };
}

function placeOf(given: ReadonlyMap<string, Given>, name: string): string {
  return given.get(name)?.place ?? name;
}
