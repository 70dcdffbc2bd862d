import { join } from "node:path";
import { parseEnv } from "node:util";
import * as v from "valibot";
import { parse } from "yaml";
import { failureText } from "../../protocol/base/failure-text.ts";
import { shownUrl, urlMistake } from "../../protocol/base/server-url.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { readSignIns, signInTo, userFolder } from "./sign-ins.ts";

/** A command's server and the key for it. */
export interface Config {
  url: string;
  key: string;
  /** The source of each, for `doctor`. */
  source: { url: string; key: string };
}

/** The flags of every command. A key is never a flag: other users of the host can read command lines. */
export interface ConfigFlags {
  url?: string;
  keyFile?: string;
}

const ConfigFile = v.object({ url: v.optional(v.string()), key: v.optional(v.string()) });

/** The file that `tailrace start` writes into its state folder. A second terminal in the same folder finds it. */
const LOCAL_ENV_FILE = join(".tailrace", "env");

/** One place that settings come from. */
interface Source {
  name: string;
  url?: string | undefined;
  key?: string | undefined;
  is_file?: boolean;
}

/**
 * The settings, from the first source that has them: flags, the environment, the last sign-in, the user's file, a local server's
 * file. Throws if one is missing.
 */
export function readConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv = process.env): Config {
  const server = readServer(flags, env);
  const { url } = server;
  // A key in a file is sent only to the server that the same file names.
  const { key, name } =
    firstOf(
      sourcesOf(flags, env, url),
      (source) => !!source.key && !(source.is_file && isOther(source.url, url)),
    ) ?? {};
  if (!key || !name) throw missing(`key (TAILRACE_API_KEY) for ${url}`);
  if (!KEY.test(key))
    throw new CliError(
      `The key (from ${name === "flag" ? flags.keyFile : name}) has a line end or a letter that no key has. Give only the key: --key-file FILE`,
    );
  return { url, key, source: { url: server.source, key: name } };
}

/** A key or a token is sent in a header, which takes one line of ASCII. */
const KEY = /^[\x20-\x7e]+$/;

/** A command's server and the source of its URL, for commands that need no key. */
export function readServer(
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv = process.env,
): { url: string; source: string } {
  const { url, name } = firstOf(sourcesOf(flags, env, undefined), (source) => !!source.url) ?? {};
  if (!url || !name) throw missing("server (TAILRACE_URL or --url)");
  const mistake = urlMistake(url);
  if (mistake !== undefined)
    throw new CliError(
      `The server's URL ${mistake}: ${shownUrl(url)} (from ${name}). Give one like https://tailrace.example.com: --url URL`,
    );
  return { url: url.replace(/\/+$/, ""), source: name };
}

/** The settings of the commands that talk to a server, and their sources, for `tailrace config`. A missing one has no source. */
export function findClientSettings(
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv = process.env,
): Record<"config" | "url" | "key", { value?: string; source?: string }> {
  const named = firstOf(sourcesOf(flags, env, undefined), (source) => !!source.url);
  const url = named?.url;
  const keyed = firstOf(
    sourcesOf(flags, env, url),
    (source) => !!source.key && !(source.is_file && url !== undefined && isOther(source.url, url)),
  );
  return {
    config: {
      value: userFile(env),
      source: env.TAILRACE_CONFIG === undefined ? "default" : "TAILRACE_CONFIG",
    },
    url: url === undefined ? {} : { value: shownUrl(url), source: named?.name ?? "" },
    key: keyed?.key === undefined ? {} : { value: keyed.key, source: keyed.name },
  };
}

/**
 * Every source, in the order of preference. The sign-in is the one to the given server, else the last one. One that has expired by
 * this clock comes after all other sources. A file is read only if its turn comes: the present folder may have another user's server.
 */
function* sourcesOf(flags: ConfigFlags, env: NodeJS.ProcessEnv, url: string | undefined): Generator<Source> {
  yield {
    name: "flag",
    url: flags.url,
    key: flags.keyFile === undefined ? undefined : readKeyFile(flags.keyFile),
  };
  yield { name: "environment", url: env.TAILRACE_URL, key: env.TAILRACE_API_KEY };
  const { is_old, ...signed_in } = readSignedIn(env, url);
  const sign_in = { name: "tailrace login", is_file: true, ...signed_in };
  if (!is_old) yield sign_in;
  const user_file = userFile(env);
  yield { name: user_file, is_file: true, ...readUserFile(user_file) };
  yield { name: LOCAL_ENV_FILE, is_file: true, ...readLocalEnv() };
  if (is_old) yield sign_in;
}

function firstOf(sources: Iterable<Source>, suits: (source: Source) => boolean): Source | undefined {
  for (const source of sources) if (suits(source)) return source;
  return undefined;
}

/** The file of the user's settings. */
function userFile(env: NodeJS.ProcessEnv): string {
  return env.TAILRACE_CONFIG ?? join(userFolder(env), "config.yaml");
}

/** The sign-in to a server, else the last one. Only the server knows whether its token is valid: this clock may be wrong. */
function readSignedIn(
  env: NodeJS.ProcessEnv,
  wanted: string | undefined,
): { url?: string | undefined; key?: string | undefined; is_old?: boolean } {
  const url = wanted ?? readSignIns(env).url;
  const sign_in = url === undefined ? undefined : signInTo(url, env);
  if (!sign_in) return {};
  return { url, key: sign_in.token, is_old: Date.parse(sign_in.expiry) <= Date.now() };
}

function isOther(url: string | undefined, expected: string): boolean {
  return url !== undefined && URL.parse(url)?.origin !== URL.parse(expected)?.origin;
}

function missing(what: string): CliError {
  return new CliError(
    `No ${what} is set. Start a local server with \`tailrace start\` and use its folder (. .tailrace/env), or sign in to one: tailrace login NAME --url URL`,
  );
}

/** The key in a file. */
export function readKeyFile(file: string): string {
  const key = readOptional(file)?.trim();
  if (!key) throw new CliError(`There is no key in ${file}. Name a file that has one: --key-file FILE`);
  return key;
}

function readUserFile(file: string): { url?: string | undefined; key?: string | undefined } {
  const text = readOptional(file);
  if (text === undefined) return {};
  try {
    return v.parse(ConfigFile, parse(text) ?? {});
  } catch (error) {
    throw new CliError(
      `${file} cannot be read: ${failureText(error)}. Fix it, or use another: TAILRACE_CONFIG=FILE`,
    );
  }
}

function readLocalEnv(): { url?: string | undefined; key?: string | undefined } {
  const text = readOptional(LOCAL_ENV_FILE);
  if (text === undefined) return {};
  const { TAILRACE_URL: url, TAILRACE_API_KEY: key } = parseEnv(text);
  return { url, key };
}
