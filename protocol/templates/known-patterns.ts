import { Pattern } from "../base/pattern.ts";
import type { Steps } from "../base/steps.ts";

/** Patterns that one template's filters keep, because a loop uses the same ones many times. */
const PATTERNS_MAX = 20;

/** Compiles patterns, each once. Throws a `PatternError`. */
export function knownPatterns(steps: Steps): (source: string, options?: { ignore_case: boolean }) => Pattern {
  const known = new Map<string, Pattern>();
  return (source, options = { ignore_case: false }) => {
    const key = `${options.ignore_case} ${source}`;
    const pattern = known.get(key) ?? new Pattern(source, steps, options);
    if (known.size >= PATTERNS_MAX) known.clear();
    known.set(key, pattern);
    return pattern;
  };
}
