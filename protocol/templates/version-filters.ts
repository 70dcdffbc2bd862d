import semver from "semver";
import { TemplateError } from "../jinja/values/errors.ts";
import { textOf } from "../jinja/values/print.ts";
import { type Native, native, type Run } from "../jinja/values/run.ts";
import type { Value } from "../jinja/values/values.ts";

/** StackStorm's filters for versions. */
export const VERSION_FILTERS: Record<string, Native> = {
  version_compare: comparing("version_compare", (order) => BigInt(order)),
  version_more_than: comparing("version_more_than", (order) => order > 0),
  version_less_than: comparing("version_less_than", (order) => order < 0),
  version_equal: comparing("version_equal", (order) => order === 0),
  version_match: native("version_match", "value pattern", (run, value: Value, pattern: Value) =>
    matches(versionOf(run, value), textOf(pattern, run.budget)),
  ),
  version_bump_major: changing("version_bump_major", ({ major }) => `${major + 1}.0.0`),
  version_bump_minor: changing("version_bump_minor", ({ major, minor }) => `${major}.${minor + 1}.0`),
  version_bump_patch: changing(
    "version_bump_patch",
    ({ major, minor, patch }) => `${major}.${minor}.${patch + 1}`,
  ),
  version_strip_patch: changing("version_strip_patch", ({ major, minor }) => `${major}.${minor}`),
};

function comparing(name: string, answer: (order: number) => Value): Native {
  return native(name, "value pattern", (run, value: Value, other: Value) =>
    answer(versionOf(run, value).compare(versionOf(run, other))),
  );
}

function changing(name: string, change: (version: semver.SemVer) => string): Native {
  return native(name, "value", (run, value: Value) => change(versionOf(run, value)));
}

function versionOf({ budget }: Run, value: Value): semver.SemVer {
  return parsed(textOf(value, budget));
}

/** A `v` before a version is not part of it, though the library reads over it. */
function parsed(text: string): semver.SemVer {
  const version = /^\d/.test(text) ? semver.parse(text) : null;
  if (version === null || /\s$/.test(text)) throw new TemplateError(`${text} is not valid SemVer string`);
  return version;
}

const HOLDS: Record<string, (order: number) => boolean> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
};

function matches(version: semver.SemVer, pattern: string): boolean {
  const [, sign = "==", other = ""] = /^(<=|>=|==|!=|<|>)?([\s\S]*)$/.exec(pattern) ?? [];
  const holds = HOLDS[sign];
  if (!holds || (sign === "==" && !/^(?:==|\d)/.test(pattern))) {
    throw new TemplateError(
      `match_expr parameter should be in format <op><ver>, where <op> is one of ['<', '>', '==', '<=', '>=', '!=']. You provided: '${pattern}'`,
    );
  }
  return holds(version.compare(parsed(other)));
}
