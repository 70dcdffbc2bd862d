import { readFileSync } from "node:fs";
import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import { issueText } from "../../protocol/batch.ts";

/** What a YAML file holds, and where: `place` gives path and line of a key, or of the nearest one above it. */
export interface ReadFile<T> {
  value: T;
  place: (keys: readonly unknown[]) => string;
}

/** A YAML file as its schema has it; throws with path, line and reason. */
export function readYaml<T>(path: string, schema: v.GenericSchema<unknown, T>): ReadFile<T> {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines });
  const lineAt = (offset: number) => `${path}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error) throw new Error(`${lineAt(error.pos[0])}: ${error.message.split("\n")[0]}`);
  const place: ReadFile<T>["place"] = (keys) => {
    for (let count = keys.length; count > 0; count--) {
      const node = document.getIn(keys.slice(0, count), true);
      if (hasRange(node)) return lineAt(node.range[0]);
    }
    return `${path}:1`;
  };
  return { value: checked(place, schema, document.toJS()), place };
}

/** A value as its schema has it; throws with the place of what does not fit, and why. */
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

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}
