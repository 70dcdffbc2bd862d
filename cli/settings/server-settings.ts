import { InvalidArgumentError, Option } from "commander";
import { WORKER_VARS } from "../base/worker-vars.ts";

export type SettingValue = string | number | boolean | string[];

/** A setting of the local server, by its name in the file. The flag and the variable have the same name in their own forms. */
export interface Setting {
  name: string;
  topic: string;
  standard: SettingValue;
  text: string;
  min: number;
  max: number;
  /** Whether it names files. In the file, such a path begins at the file's folder. */
  is_path: boolean;
}

const PORT_MAX = 65_535;

/** Every setting of the local server. */
export const SERVER_SETTINGS: readonly Setting[] = [
  ...[
    own("host", "127.0.0.1", "the address to listen at; one that others reach needs TLS or behind_proxy"),
    own("port", 7171, "the port; 0 takes a free one", { max: PORT_MAX }),
    own("tls_cert", "", "a file with the certificate and its chain, as PEM", { is_path: true }),
    own("tls_key", "", "a file with the certificate's private key, as PEM", { is_path: true }),
    own("behind_proxy", false, "a proxy in front has TLS and sends X-Forwarded-Proto"),
    own("packs", [], "a pack in StackStorm's layout, or a folder of packs; repeatable", { is_path: true }),
  ],
  ...Object.entries(WORKER_VARS).flatMap(([topic, vars]) =>
    vars.map(({ name, own: standard, text, min }) =>
      setting(name.toLowerCase(), standard, text, { topic, min }),
    ),
  ),
];

function own(name: string, standard: SettingValue, text: string, more: Partial<Setting> = {}): Setting {
  return setting(name, standard, text, { topic: "Server", ...more });
}

function setting(
  name: string,
  standard: SettingValue,
  text: string,
  { topic = "", min = 0, max = Number.MAX_SAFE_INTEGER, is_path = false }: Partial<Setting>,
): Setting {
  return { name, standard, text, topic, min, max, is_path };
}

/** The name of a setting's environment variable. */
export function variableOf(name: string): string {
  return `${VARIABLE_PREFIX}${name.toUpperCase()}`;
}

export const VARIABLE_PREFIX = "TAILRACE_SERVER_";

/** A setting as a flag, which also reads the variable. */
export function optionOf(setting: Setting): Option {
  const { name, standard, text, topic, is_path } = setting;
  const placeholder = is_path && typeof standard === "string" ? "<file>" : PLACEHOLDERS[typeof standard];
  const option = new Option(`--${name.replaceAll("_", "-")} ${placeholder}`, text)
    .env(variableOf(name))
    .default(standard)
    .helpGroup(`${topic}:`);
  // The first value of a list takes the place of the default.
  let given: string[] | undefined;
  option.argParser((value: string) => {
    if (!Array.isArray(standard)) return readText(setting, value);
    given = [...(given ?? []), value];
    return given;
  });
  return typeof standard === "boolean" ? option.preset("true") : option;
}

const PLACEHOLDERS: Record<string, string> = {
  string: "<text>",
  number: "<number>",
  boolean: "[boolean]",
  object: "<dir>",
};

function readText(setting: Setting, text: string): SettingValue {
  const value = typeof setting.standard === "string" ? text : (JSON_WORDS[text] ?? numberIn(text) ?? text);
  const mistake = mistakeIn(setting, value);
  if (mistake !== undefined) throw new InvalidArgumentError(`It must be ${mistake}.`);
  return value;
}

const JSON_WORDS: Record<string, boolean> = { true: true, false: false };

function numberIn(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** What a setting must be, if the value is something else. */
export function mistakeIn({ standard, min, max }: Setting, value: unknown): string | undefined {
  if (Array.isArray(standard)) {
    const is_list = Array.isArray(value) && value.every((one) => typeof one === "string");
    return is_list ? undefined : "a list of texts";
  }
  if (typeof standard === "boolean") return typeof value === "boolean" ? undefined : "true or false";
  if (typeof standard === "string") return typeof value === "string" ? undefined : "a text";
  const is_port = max === PORT_MAX;
  const is_number = is_port ? Number.isInteger(value) : typeof value === "number";
  if (is_number && Number(value) >= min && Number(value) <= max) return undefined;
  return is_port ? `a port, from 0 to ${PORT_MAX}` : `a number, ${min} or more`;
}
