import { option, pythonText } from "../../protocol/templates/filter.ts";

/** Characters of a text that a pattern is looked for in. */
const SUBJECT_CHARS_MAX = 16 * 1024;

/**
 * Throws for a pattern that may take for ever: nothing stops one in a Worker. Refused are a repetition of what is repeated
 * without end itself, and of alternatives that may begin alike.
 */
export function admitPattern(filter: string, [text, ...rest]: unknown[]): void {
  if (!filter.startsWith("regex_")) return;
  if (pythonText(text).length > SUBJECT_CHARS_MAX) {
    throw new Error(`in a chain, a text for a pattern has at most ${SUBJECT_CHARS_MAX} characters`);
  }
  if (mayTakeForEver(String(option(rest, 0, "pattern") ?? ""))) {
    throw new Error(
      "in a chain, a pattern must not repeat what is repeated, or alternatives that begin alike",
    );
  }
}

const TOKEN = /\\.|\[\^?\]?(?:\\.|[^\]])*\]|\((?:\?(?:P?<\w+>|[:=!]|<[=!]))?|[*+]|\{\d*(?:,\d*)?\}|[\s\S]/g;

interface Group {
  repeats: boolean;
  /** What each alternative begins with; undefined for one that has not begun. */
  begins: (string | undefined)[];
}

export function mayTakeForEver(pattern: string): boolean {
  const groups: Group[] = [{ repeats: false, begins: [undefined] }];
  let closed: Group | undefined;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = groups.at(-1);
    if (!group) return false;
    if (/^(?:[*+]|\{\d*,?\d*\}$)/.test(token)) {
      if (closed && (closed.repeats || beginAlike(closed.begins))) return true;
      if (token === "*" || token === "+" || token.endsWith(",}")) group.repeats = true;
      closed = undefined;
      continue;
    }
    closed = undefined;
    if (token === ")") {
      closed = groups.pop();
      const outer = groups.at(-1);
      if (closed && outer) outer.repeats ||= closed.repeats;
      continue;
    }
    if (token === "|") {
      group.begins.push(undefined);
      continue;
    }
    group.begins[group.begins.length - 1] ??= token;
    if (token.startsWith("(")) groups.push({ repeats: false, begins: [undefined] });
  }
  return false;
}

/** Whether two alternatives may begin with the same character; only plain ones are known not to. */
function beginAlike(begins: Group["begins"]): boolean {
  if (begins.length < 2) return false;
  return (
    new Set(begins).size < begins.length || begins.some((token) => !token || !/^[\w\s,;:/-]$/.test(token))
  );
}
