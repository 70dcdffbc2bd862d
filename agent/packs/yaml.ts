import { readFileSync, statSync } from "node:fs";
import * as v from "valibot";
import { firstLineOf } from "../../protocol/base/failure-text.ts";
import { isStructure, nearest, nearestBut } from "../../protocol/base/numbers.ts";
import { readYaml as readText, type Yaml, YamlError } from "../../protocol/base/yaml.ts";
import { issueText } from "../../protocol/wire/batch.ts";

/** The value of a YAML file. `place` gives the path and line of a key, or of the nearest key above it. */
export interface ReadFile<T> {
  value: T;
  place: (keys: readonly unknown[]) => string;
}

/**
 * The value of a YAML file, checked against a schema. Throws with path, line and reason. Numbers become the nearest doubles, unless
 * `plain` keeps their digits.
 */
export function readYaml<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  plain: (value: unknown) => unknown = nearest,
): ReadFile<T> {
  const text = attempted(path, () => textOf(path));
  const { value, document, lines } = parsed(path, text);
  const place: ReadFile<T>["place"] = (keys) => {
    for (let count = keys.length; count > 0; count--) {
      const node = document.getIn(keys.slice(0, count), true);
      if (hasRange(node)) return `${path}:${lines.linePos(node.range[0]).line}`;
    }
    return `${path}:1`;
  };
  return { value: checked(place, schema, plain(value)), place };
}

/** Bytes of one YAML file of a pack. */
const YAML_BYTES_MAX = 4 * 1024 * 1024;

/** A file's text. A named pipe or a device is refused: reading it might never end and block the agent. */
function textOf(path: string): string {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error("it is not a file");
  if (stat.size > YAML_BYTES_MAX)
    throw new Error(`it has ${stat.size} bytes, and at most ${YAML_BYTES_MAX} are read`);
  return readFileSync(path, "utf8");
}

/** Keeps the digits of all numbers. */
export function exactly(value: unknown): unknown {
  return value;
}

/** Keeps the digits of the defaults in schemas of parameters. */
export function exactDefaults(schemas: unknown): unknown {
  if (!isStructure(schemas) || Array.isArray(schemas)) return nearest(schemas);
  const entries = Object.entries(schemas).map(([name, schema]) => [name, nearestBut(schema, ["default"])]);
  return Object.fromEntries(entries);
}

function parsed(path: string, text: string): Yaml {
  try {
    return readText(text);
  } catch (error) {
    const line = error instanceof YamlError ? text.slice(0, error.at).split("\n").length : 1;
    throw new Error(`${path}:${line}: ${firstLineOf(error)}`);
  }
}

/** A value, checked against a schema. Throws with the place of the first part that does not fit, and the reason. */
export function checked<T>(
  place: (keys: readonly unknown[]) => string,
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${place((issue.path ?? []).map(({ key }) => key))}: ${issueText(issue)}`);
}

function attempted<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${place}: ${firstLineOf(error)}`);
  }
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

/** Removes null values: YAML reads an absent value as null, and the schemas expect it to be missing. */
export function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
