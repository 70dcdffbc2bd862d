import { posix } from "node:path";
import { jsonpath } from "json-p3";
import semver from "semver";
import { parse, stringify } from "yaml";

export type Filter = (...args: unknown[]) => unknown;

/** What `use_none` leaves in a template's text for null: a text cannot hold it otherwise. */
const NONE = "%*****__%NONE%__*****%";

/** Whether a rendered text stands for null. */
export function isNone(text: unknown): boolean {
  return text === NONE;
}

/** The filters that StackStorm documents beyond Jinja's own. `decrypt_kv` is the engine's, as it needs the keys. */
export const FILTERS: Record<string, Filter> = {
  basename: (path) => posix.basename(String(path)),
  dirname: (path) => posix.dirname(String(path)),
  path_join: (parts) => (Array.isArray(parts) ? posix.join(...parts.map(String)) : String(parts)),
  from_json_string: (text) => JSON.parse(String(text)),
  from_yaml_string: (text) => parse(String(text)),
  to_json_string: (value, ...rest) => JSON.stringify(value, null, numberOption(rest, "indent")),
  to_yaml_string: (value) => stringify(value),
  to_complex: (value) => JSON.stringify(value),
  json_dump: (value) => JSON.stringify(value),
  json_parse: (text) => JSON.parse(String(text)),
  json_escape: (text) => JSON.stringify(String(text)).slice(1, -1),
  jsonpath_query: (value, path) => {
    const found = jsonpath.query(asJsonPath(String(path)), value as never).values();
    return found.length === 0 ? null : found;
  },
  use_none: (value) => (value === null || value === undefined ? NONE : value),
  regex_match: (text, pattern, ...rest) => regex(`^(?:${pattern})`, rest).test(String(text)),
  regex_search: (text, pattern, ...rest) => regex(String(pattern), rest).test(String(text)),
  regex_replace: (text, pattern, ...rest) => {
    const { positional, named } = splitOptions(rest);
    const replacement = String(named.replacement ?? positional[0] ?? "");
    return String(text).replace(regex(String(pattern), rest, "g"), asReplacement(replacement));
  },
  regex_substring: (text, pattern, ...rest) => {
    const { positional, named } = splitOptions(rest);
    const found = [...String(text).matchAll(regex(String(pattern), rest, "g"))];
    return found[Number(named.result_index ?? positional[0] ?? 0)]?.[0] ?? null;
  },
  to_human_time_from_seconds: (seconds) => humanTime(Number(seconds)),
  format: (text, ...values) => {
    let index = 0;
    return String(text).replace(/%[sdif]/g, () => String(values[index++]));
  },
  version_compare: (version, other) => semver.compare(String(version), String(other)),
  version_more_than: (version, other) => semver.gt(String(version), String(other)),
  version_less_than: (version, other) => semver.lt(String(version), String(other)),
  version_equal: (version, other) => semver.eq(String(version), String(other)),
  version_match: (version, range) => semver.satisfies(String(version), String(range)),
  version_bump_major: (version) => semver.inc(String(version), "major"),
  version_bump_minor: (version) => semver.inc(String(version), "minor"),
  version_bump_patch: (version) => semver.inc(String(version), "patch"),
  version_strip_patch: (version) => String(version).split(".").slice(0, 2).join("."),
};

/** The engine appends named arguments as one object, behind the positional ones. */
function splitOptions(args: unknown[]): { positional: unknown[]; named: Record<string, unknown> } {
  const given = args.filter((arg) => arg !== undefined);
  const last = given.at(-1);
  if (typeof last !== "object" || last === null || Array.isArray(last))
    return { positional: given, named: {} };
  return { positional: given.slice(0, -1), named: { ...last } };
}

function numberOption(args: unknown[], name: string): number | undefined {
  const { positional, named } = splitOptions(args);
  const value = named[name] ?? positional[0];
  return typeof value === "number" ? value : undefined;
}

/** A pattern in Python's notation, as far as it differs from ours. */
function regex(pattern: string, options: unknown[], flags = ""): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern
    .slice(inline?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\A", "^")
    .replaceAll("\\Z", "$");
  const ignoreCase = splitOptions(options).named.ignorecase === true ? "i" : "";
  return new RegExp(source, [...new Set(flags + ignoreCase + (inline?.[1] ?? ""))].join(""));
}

/** `\1` and `\g<name>` of a replacement in Python's notation. */
function asReplacement(text: string): string {
  return text
    .replaceAll("$", "$$$$")
    .replace(/\\g<(\w+)>/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))
    .replace(/\\(\d)/g, "$$$1");
}

function asJsonPath(path: string): string {
  return path.startsWith("$") ? path : `$.${path}`;
}

function humanTime(seconds: number): string {
  const units: [string, number][] = [
    ["y", 365 * 86_400],
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
    ["s", 1],
  ];
  let left = Math.floor(seconds);
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 || (name === "s" && seconds < 1) ? [`${count}${name}`] : [];
  });
  return parts.join("");
}
