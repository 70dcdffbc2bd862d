import { Option } from "commander";
import * as v from "valibot";
import { LOG_FORMATS } from "../../protocol/base/log-line.ts";
import type { Setting } from "../../protocol/settings/setting.ts";
import { allVars, WORKER_VARS, type WorkerVar } from "../base/worker-vars.ts";

/** A setting of the local server. The flag, the variable and the key in the file have its name in their own forms. */
interface ServerSetting extends Setting {
  flag: string;
  variable: string;
  /** The heading in the help. */
  topic: string;
  /** Whether it names files. In the file, such a path begins at the file's folder. */
  is_path: boolean;
}

export const VARIABLE_PREFIX = "TAILRACE_SERVER_";

const KIND_WORDS = { switch: "BOOLEAN", number: "NUMBER", text: "TEXT" };

const PORT_MAX = 65_535;

const PORT = `It must be a port, from 0 to ${PORT_MAX}`;
const SECONDS = "It must be a whole number of seconds, 0 or more";
const text = v.string("It must be a text");
const is = v.boolean("It must be true or false");
const port = v.pipe(v.number(PORT), v.integer(PORT), v.minValue(0, PORT), v.maxValue(PORT_MAX, PORT));

/** The settings of the program around the engine. */
export const OwnSettings = v.object({
  host: v.optional(text, "127.0.0.1"),
  port: v.optional(port, 7171),
  tls_cert: v.optional(text, ""),
  tls_key: v.optional(text, ""),
  behind_proxy: v.optional(is, false),
  packs: v.optional(v.array(text, "It must be a list of texts"), []),
  drain_timeout: v.optional(v.pipe(v.number(SECONDS), v.integer(SECONDS), v.minValue(0, SECONDS))),
  log_format: v.optional(v.picklist(LOG_FORMATS, `It must be one of ${LOG_FORMATS.join(", ")}`), "text"),
});
export type OwnSettings = v.InferOutput<typeof OwnSettings>;

/** The Worker's settings, by their names in the file. */
export const VarSettings = v.object(
  Object.fromEntries(allVars().map((one) => [one.name.toLowerCase(), v.optional(checkOf(one), one.own)])),
);

function checkOf({ own, min, has_decimals }: WorkerVar) {
  if (typeof own !== "number") return typeof own === "boolean" ? is : text;
  const message = `It must be a ${has_decimals ? "" : "whole "}number, ${min} or more`;
  const number = v.pipe(v.number(message), v.minValue(min, message));
  return has_decimals ? number : v.pipe(number, v.integer(message));
}

/** Every setting, in the order of the help. */
export const SERVER_SETTINGS: Readonly<Record<string, ServerSetting>> = Object.fromEntries([
  own("host", "text", "ADDRESS", "the address to listen at; one that others reach needs TLS or a proxy"),
  own("port", "number", "NUMBER", "the port; 0 takes a free one"),
  own("tls_cert", "text", "FILE", "a file with the certificate and its chain, as PEM"),
  own("tls_key", "text", "FILE", "a file with the certificate's private key, as PEM"),
  own("behind_proxy", "switch", "BOOLEAN", "a proxy in front has TLS and sends X-Forwarded-Proto"),
  own("packs", "list", "DIR", "a pack in StackStorm's layout, or a folder of packs; repeatable"),
  own(
    "drain_timeout",
    "number",
    "SECONDS",
    "after Ctrl-C, end runs that take longer; without it, wait for them",
  ),
  own("log_format", "text", "FORMAT", "the form of the log: text, or json (an object a line)"),
  ...Object.entries(WORKER_VARS).flatMap(([topic, vars]) => vars.map((one) => ofWorker(one, topic))),
]);

function own(name: string, kind: Setting["kind"], word: string, text: string): [string, ServerSetting] {
  return row(name, { kind, word, text, topic: "Server", is_path: ["FILE", "DIR"].includes(word) });
}

function ofWorker({ name, own, text }: WorkerVar, topic: string): [string, ServerSetting] {
  const kind = typeof own === "boolean" ? "switch" : typeof own === "number" ? "number" : "text";
  return row(name.toLowerCase(), { kind, word: KIND_WORDS[kind], text, topic, is_path: false });
}

function row(
  name: string,
  more: Pick<ServerSetting, "kind" | "text" | "topic" | "is_path"> & { word: string },
): [string, ServerSetting] {
  const flag = `--${name.replaceAll("_", "-")}`;
  return [name, { ...more, flag, variable: variableOf(name), in_file: true }];
}

/** The name of a setting's environment variable. */
export function variableOf(name: string): string {
  return `${VARIABLE_PREFIX}${name.toUpperCase()}`;
}

/** The default of a setting; undefined if it has none. */
export function standardOf(name: string): unknown {
  const standards: Record<string, unknown> = { ...v.getDefaults(OwnSettings), ...v.getDefaults(VarSettings) };
  return standards[name];
}

/** The settings as flags. */
export function serverOptions(): Option[] {
  return Object.entries(SERVER_SETTINGS).map(([name, { flag, kind, word = "", text, topic }]) => {
    const value = word.toLowerCase();
    const standard = standardOf(name);
    const is_shown = standard !== undefined && typeof standard !== "object" && standard !== "";
    const described = is_shown ? `${text} (default: ${standard})` : text;
    const option = new Option(`${flag} ${kind === "switch" ? `[${value}]` : `<${value}>`}`, described);
    option.attributeName = () => name;
    if (kind === "list") option.argParser((one: string, before: string[] = []) => [...before, one]);
    return option.helpGroup(`${topic}:`);
  });
}
