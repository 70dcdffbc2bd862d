import { type Found, type Pattern, PatternError } from "../base/pattern.ts";
import type { Steps } from "../base/steps.ts";
import { SIMPLE_ESCAPES } from "../jinja/syntax/strings.ts";
import { isTrue } from "../jinja/values/compare.ts";
import { TemplateError } from "../jinja/values/errors.ts";
import { wholeIn } from "../jinja/values/numbers.ts";
import { textOf } from "../jinja/values/print.ts";
import { type Native, native, type Run } from "../jinja/values/run.ts";
import { Tuple, type Value } from "../jinja/values/values.ts";
import { BoundedText } from "./bounded-text.ts";
import { knownPatterns } from "./known-patterns.ts";

/** StackStorm's filters with patterns in Python's notation. */
export function regexFilters(steps: Steps): Record<string, Native> {
  const compiled = knownPatterns(steps);

  function patternOf(name: string, { budget }: Run, pattern: Value, ignorecase: Value): Pattern {
    try {
      return compiled(textOf(pattern, budget), { ignore_case: isTrue(ignorecase) });
    } catch (error) {
      if (error instanceof PatternError)
        throw new TemplateError(`${name}: the pattern cannot be matched: ${error.message}`);
      throw error;
    }
  }

  return {
    regex_match: native(
      "regex_match",
      "value pattern ignorecase?",
      (run, value: Value, pattern: Value, ignorecase: Value = false) =>
        patternOf("regex_match", run, pattern, ignorecase).startsIn(textOf(value, run.budget), steps),
    ),
    regex_search: native(
      "regex_search",
      "value pattern ignorecase?",
      (run, value: Value, pattern: Value, ignorecase: Value = false) =>
        patternOf("regex_search", run, pattern, ignorecase).test(textOf(value, run.budget), steps),
    ),
    regex_replace: native(
      "regex_replace",
      "value pattern replacement ignorecase?",
      (run, value: Value, pattern: Value, replacement: Value, ignorecase: Value = false) => {
        const compiledPattern = patternOf("regex_replace", run, pattern, ignorecase);
        return replaced(textOf(value, run.budget), compiledPattern, textOf(replacement, run.budget), steps);
      },
    ),
    regex_substring: native(
      "regex_substring",
      "value pattern result_index? ignorecase?",
      (run, value: Value, pattern: Value, result_index: Value = 0n, ignorecase: Value = false) => {
        const text = textOf(value, run.budget);
        const found = [...patternOf("regex_substring", run, pattern, ignorecase).all(text, steps)].at(
          wholeIn(result_index),
        );
        if (!found) throw new TemplateError("list index out of range");
        // As Python's `findall`: the groups, if the pattern has any.
        const [whole = "", ...groups] = found.map((place) =>
          place ? text.slice(place.start, place.end) : "",
        );
        return groups.length > 1 ? new Tuple(groups) : (groups[0] ?? whole);
      },
    ),
  };
}

function replaced(text: string, pattern: Pattern, replacement: string, steps: Steps): string {
  const parts = partsOf(replacement);
  const made = new BoundedText(steps);
  let at = 0;
  for (const found of pattern.all(text, steps)) {
    const [whole = { start: at, end: at }] = found;
    made.add(text.slice(at, whole.start));
    for (const part of parts)
      made.add(typeof part === "string" ? part : groupText(text, found, part, pattern));
    at = whole.end;
  }
  made.add(text.slice(at));
  return made.toString();
}

/** A group that a replacement names, and where. */
interface Reference {
  group: string;
  at: number;
}

/** `\1`, `\g<name>`, `\n` and what else a replacement in Python's notation has. */
const ESCAPE = /\\(?:g<(\w{1,100})>|(\d{1,2})|([\s\S]?))/g;

function partsOf(replacement: string): (string | Reference)[] {
  const parts: (string | Reference)[] = [];
  let at = 0;
  for (const { 0: text, 1: name, 2: number, 3: sign, index } of replacement.matchAll(ESCAPE)) {
    parts.push(replacement.slice(at, index));
    const group = name ?? number;
    if (group !== undefined) parts.push({ group, at: index + 1 });
    else parts.push(signOf(sign ?? "", text, index));
    at = index + text.length;
  }
  parts.push(replacement.slice(at));
  return parts;
}

function signOf(sign: string, text: string, at: number): string {
  if (sign === "") throw new TemplateError(`bad escape (end of pattern) at position ${at}`);
  // Python refuses the letters that may become escapes.
  if (/[A-Za-z]/.test(sign) && !Object.hasOwn(SIMPLE_ESCAPES, sign))
    throw new TemplateError(`bad escape ${text} at position ${at}`);
  return SIMPLE_ESCAPES[sign] ?? text;
}

function groupText(text: string, found: Found, { group, at }: Reference, { names }: Pattern): string {
  const number = /^\d+$/.test(group) ? Number(group) : names.get(group);
  if (number === undefined) throw new TemplateError(`unknown group name '${group}'`);
  if (number >= found.length) throw new TemplateError(`invalid group reference ${number} at position ${at}`);
  const place = found[number];
  return place ? text.slice(place.start, place.end) : "";
}
