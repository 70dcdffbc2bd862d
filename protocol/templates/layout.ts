import { isStructure, writeExact } from "../base/numbers.ts";
import type { Steps } from "../base/steps.ts";
import { writeYaml } from "../base/yaml.ts";
import { BoundedText, refuseLong } from "./bounded-text.ts";

export interface JsonLayout {
  /** Spaces by which each level is indented; without it, one line. */
  indent?: number | undefined;
  sort_keys?: boolean;
  comma?: string;
  /** Whether characters with a meaning in HTML are escaped. */
  html?: boolean;
}

/** JSON as Python's `json.dumps` writes it: in ASCII, with the same spaces. */
export function jsonText(value: unknown, layout: JsonLayout, steps: Steps): string {
  const text = new BoundedText(steps);
  writeJson(value, layout, 1, text);
  return text.toString();
}

function writeJson(value: unknown, layout: JsonLayout, depth: number, text: BoundedText): void {
  if (!isStructure(value)) {
    writeScalar(value, layout, text);
    return;
  }
  const { indent, sort_keys = false, comma = ", " } = layout;
  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  if (sort_keys && !isArray) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const isLaidOut = indent !== undefined && entries.length > 0;
  const line = isLaidOut ? `\n${" ".repeat(indent * depth)}` : "";
  const between = isLaidOut ? comma.trimEnd() + line : comma;
  text.add((isArray ? "[" : "{") + line);
  for (const [at, [key, item]] of entries.entries()) {
    if (at > 0) text.add(between);
    if (!isArray) {
      writeScalar(key, layout, text);
      text.add(": ");
    }
    writeJson(item, layout, depth + 1, text);
  }
  if (isLaidOut) text.add(`\n${" ".repeat(indent * (depth - 1))}`);
  text.add(isArray ? "]" : "}");
}

/** Characters of a text that are escaped at once: each may become six. */
const ESCAPED_CHARS = 64 * 1024;

function writeScalar(value: unknown, { html = false }: JsonLayout, text: BoundedText): void {
  if (typeof value === "string") refuseLong(value.length);
  const json = writeExact(value);
  for (let at = 0; at < json.length; at += ESCAPED_CHARS) {
    const part = json.slice(at, at + ESCAPED_CHARS);
    text.add(part.replace(html ? /[<>&'\u007f-\uffff]/g : /[\u007f-\uffff]/g, escaped));
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The library's own layout. */
const YAML_INDENT = 2;

/** Steps for one value that is written as YAML. */
const YAML_VALUE_STEPS = 128;

/** The shortest line into which the library folds a text, however far the text is indented. */
const YAML_LINE_CHARS = 10;

/** A value as YAML, with sorted keys. */
export function yamlText(value: unknown, indent: number | undefined, steps: Steps): string {
  // The library has no limit, so the largest possible result is counted first.
  expectYaml(value, { indent: indent ?? YAML_INDENT, depth: 0, text: new BoundedText(steps), steps });
  return writeYaml(value, {
    sortMapEntries: true,
    indentSeq: false,
    singleQuote: true,
    ...(indent === undefined ? {} : { indent }),
  });
}

interface YamlPlace {
  indent: number;
  depth: number;
  text: BoundedText;
  steps: Steps;
}

function expectYaml(value: unknown, place: YamlPlace): void {
  const { indent, depth, text, steps } = place;
  steps.spend(YAML_VALUE_STEPS);
  const line = indent * depth + 1;
  text.expect(line);
  if (typeof value === "string") text.expect(value.length + linesOf(value) * line);
  if (!isStructure(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value)) text.expect(key.length + linesOf(key) * line);
    expectYaml(item, { ...place, depth: depth + 1 });
  }
}

/** The most lines of a text after its first. */
function linesOf(text: string): number {
  let lines = Math.floor(text.length / YAML_LINE_CHARS);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
