import semver from "semver";
import { TailraceError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { VALUE_DEPTH_MAX } from "../base/limits.ts";
import { doubleOf } from "../base/numbers.ts";
import type { Steps } from "../base/steps.ts";
import { trimmedEnd } from "../base/trim.ts";
import { readYaml } from "../base/yaml.ts";
import { type Filter, option, pythonText } from "./filter.ts";
import { jinjaFilters } from "./jinja-filters.ts";
import { queryValues } from "./jsonpath.ts";
import { jsonText, yamlText } from "./layout.ts";
import { regexFilters } from "./regex-filters.ts";

/** The text that `use_none` writes for null, because a text cannot hold null. */
const NONE = "%*****__%NONE%__*****%";

/** Whether a rendered text stands for null. */
export function isNone(text: unknown): boolean {
  return text === NONE;
}

/**
 * StackStorm's own filters, except `decrypt_kv`, and Jinja's filters that the engine lacks. `steps` pays for their work beyond reading
 * their arguments once.
 */
export function filtersOf(steps: Steps): Record<string, Filter> {
  return {
    ...FILTERS,
    ...jinjaFilters(steps),
    ...regexFilters(steps),
    ...layoutFilters(steps),
    from_yaml_string: (text) => {
      steps.spend(pythonText(text).length * YAML_STEPS);
      return readText("YAML", () => readYaml(pythonText(text)).value);
    },
    jsonpath_query: (value, ...rest) => {
      const path = pythonText(option(rest, 0, "query"));
      const found = queryValues(absolutePath(path), value, steps);
      return found.length === 0 ? null : found;
    },
  };
}

/** Steps for one character of YAML. */
const YAML_STEPS = 128;

const FILTERS: Record<string, Filter> = {
  basename: (path) => pythonText(path).slice(pythonText(path).lastIndexOf("/") + 1),
  dirname: (path) => dirname(pythonText(path)),
  from_json_string: (text) =>
    readText("JSON", () => parseJson(pythonText(text), { depth_max: VALUE_DEPTH_MAX, exact: true })),
  use_none: (value) => value ?? NONE,
  to_human_time_from_seconds: (seconds) => humanTime(seconds),
  version_compare: (version, other) => compare(version, other),
  version_more_than: (version, other) => compare(version, other) > 0,
  version_less_than: (version, other) => compare(version, other) < 0,
  version_equal: (version, other) => compare(version, other) === 0,
  version_match: (version, range) => matches(version, pythonText(range)),
  version_bump_major: (version) => bump(version, "major"),
  version_bump_minor: (version) => bump(version, "minor"),
  version_bump_patch: (version) => bump(version, "patch"),
  version_strip_patch: (version) => `${versionOf(version).major}.${versionOf(version).minor}`,
};

/** Filters that write a value as JSON or YAML. */
function layoutFilters(steps: Steps): Record<string, Filter> {
  return {
    to_json_string: (value, ...rest) => {
      const sort_keys = option(rest, 1, "sort_keys") === true;
      return jsonText(value, { indent: indentOf(rest), sort_keys, comma: "," }, steps);
    },
    to_yaml_string: (value, ...rest) => yamlText(value, indentOf(rest), steps),
    tojson: (value, ...rest) =>
      jsonText(value, { indent: indentOf(rest), sort_keys: true, html: true }, steps),
    to_complex: (value) => jsonText(value, {}, steps),
    json_escape: (value) => jsonText(value, {}, steps).replace(/^"|"$/g, ""),
  };
}

/** The most spaces for one level of indentation. */
const INDENT_MAX = 20;

function indentOf(rest: unknown[]): number | undefined {
  const indent = doubleOf(option(rest, 0, "indent"));
  return indent === undefined ? undefined : Math.min(Math.max(Math.trunc(indent), 0), INDENT_MAX);
}

/** Reads a text. A parser's reason is dropped, because it may quote a secret. */
function readText(kind: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new Error(`the value is not ${kind}`);
  }
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  return trimmedEnd(head, "/") || head;
}

function absolutePath(path: string): string {
  if (path.startsWith("$")) return path;
  return path.startsWith("[") || path.startsWith("..") ? `$${path}` : `$.${path}`;
}

const COMPARED: Record<string, (order: number) => boolean> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
};

function compare(version: unknown, other: unknown): number {
  return versionOf(version).compare(versionOf(other));
}

function versionOf(value: unknown): semver.SemVer {
  const version = semver.parse(pythonText(value));
  if (version === null) throw new Error(`Invalid Version: ${pythonText(value)}`);
  return version;
}

/** Characters of a range of versions. */
const RANGE_CHARS_MAX = 1_000;

function matches(version: unknown, range: string): boolean {
  if (range.length > RANGE_CHARS_MAX) throw new Error(`a range has at most ${RANGE_CHARS_MAX} characters`);
  const [, sign = "=="] = /^\s*(<=|>=|==|!=|<|>)/.exec(range) ?? [];
  const other = range.replace(/^\s*(?:<=|>=|==|!=|<|>)/, "").trim();
  const holds = COMPARED[sign];
  if (holds && semver.valid(other)) return holds(compare(version, other));
  return semver.satisfies(pythonText(version), range, { includePrerelease: true });
}

function bump(version: unknown, part: "major" | "minor" | "patch"): string {
  return versionOf(version).inc(part).version;
}

const UNITS: [string, number][] = [
  ["y", 365 * 86_400],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

function humanTime(value: unknown): string {
  const seconds = doubleOf(value);
  if (seconds === undefined) throw new Error("the value is not a number");
  if (seconds > 0 && seconds < 1) return `${seconds}μs`;
  let left = Math.round(seconds);
  const counts = UNITS.map(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return { name, count };
  });
  const first = counts.findIndex(({ count }) => count > 0);
  return counts
    .slice(first)
    .map(({ name, count }) => `${count}${name}`)
    .join("");
}
