import { type Found, type Pattern, PatternError } from "../base/pattern.ts";
import type { Steps } from "../base/steps.ts";
import { BoundedText } from "./bounded-text.ts";
import { type Filter, numberIn, option, pythonText } from "./filter.ts";
import { knownPatterns } from "./known-patterns.ts";

/** StackStorm's filters with patterns in Python's notation. */
export function regexFilters(steps: Steps): Record<string, Filter> {
  const compiled = knownPatterns(steps);

  function patternOf(rest: unknown[], ignorecase_at: number): Pattern {
    const source = pythonText(option(rest, 0, "pattern") ?? "");
    try {
      return compiled(source, { ignore_case: option(rest, ignorecase_at, "ignorecase") === true });
    } catch (error) {
      if (error instanceof PatternError) throw new Error(`the pattern cannot be matched: ${error.message}`);
      throw error;
    }
  }

  return {
    regex_match: (text, ...rest) => patternOf(rest, 1).startsIn(pythonText(text), steps),
    regex_search: (text, ...rest) => patternOf(rest, 1).test(pythonText(text), steps),
    regex_replace: (value, ...rest) => {
      const text = pythonText(value);
      const replacement = pythonText(option(rest, 1, "replacement") ?? "");
      return replaced(text, patternOf(rest, 2), replacement, steps);
    },
    regex_substring: (value, ...rest) => {
      const text = pythonText(value);
      const index = numberIn(option(rest, 1, "result_index") ?? 0);
      const found = [...patternOf(rest, 2).all(text, steps)].at(index);
      if (!found) throw new Error("the pattern has fewer matches");
      // As Python's `findall`: the groups, if the pattern has any.
      const [whole, ...groups] = found.map((place) => place && text.slice(place.start, place.end));
      return groups.length > 1 ? groups : (groups[0] ?? whole);
    },
  };
}

function replaced(text: string, pattern: Pattern, replacement: string, steps: Steps): string {
  const parts = replacement.split(REFERENCE);
  const made = new BoundedText(steps);
  let at = 0;
  for (const found of pattern.all(text, steps)) {
    const [whole = { start: at, end: at }] = found;
    made.add(text.slice(at, whole.start));
    for (const [index, part] of parts.entries()) {
      made.add(index % 2 === 0 ? part : groupText(text, found, part, pattern));
    }
    at = whole.end;
  }
  made.add(text.slice(at));
  return made.toString();
}

/** References in a replacement in Python's notation: `\1`, `\g<name>` and `\g<0>`, which is the whole match. */
const REFERENCE = /\\(\d|g<\w{1,100}>)/;

function groupText(text: string, found: Found, reference: string, { names }: Pattern): string {
  const name = reference.startsWith("g") ? reference.slice(2, -1) : reference;
  const place = found[/^\d+$/.test(name) ? Number(name) : (names.get(name) ?? Number.NaN)];
  return place ? text.slice(place.start, place.end) : "";
}
