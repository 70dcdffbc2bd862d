import { type Filter, option, pythonText } from "./filter.ts";

/** StackStorm's filters for patterns, which are written in Python's notation. */
export const regexFilters: Record<string, Filter> = {
  regex_match: (text, ...rest) => regex(rest, 1, "y").test(pythonText(text)),
  regex_search: (text, ...rest) => regex(rest, 1).test(pythonText(text)),
  regex_replace: (text, ...rest) => {
    const replacement = String(option(rest, 1, "replacement") ?? "");
    return pythonText(text).replace(regex(rest, 2, "g"), asReplacement(replacement));
  },
  regex_substring: (text, ...rest) => {
    const index = Number(option(rest, 1, "result_index") ?? 0);
    const found = [...pythonText(text).matchAll(regex(rest, 2, "g"))].at(index);
    if (!found) throw new Error("the pattern is not found that often");
    // What Python's `findall` gives: the groups where there are any.
    const [whole, ...groups] = found;
    return groups.length > 1 ? groups : (groups[0] ?? whole);
  },
};

function regex(rest: unknown[], ignorecase_at: number, flags = ""): RegExp {
  const pattern = String(option(rest, 0, "pattern") ?? "");
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const source = pattern
    .slice(inline?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replaceAll("\\A", "^")
    .replaceAll("\\Z", "$");
  const ignoreCase = option(rest, ignorecase_at, "ignorecase") === true ? "i" : "";
  return new RegExp(source, [...new Set(flags + ignoreCase + (inline?.[1] ?? ""))].join(""));
}

/** `\1`, `\g<name>` and `\g<0>`, which is the whole match, of a replacement in Python's notation. */
function asReplacement(text: string): string {
  return text
    .replaceAll("$", "$$$$")
    .replace(/\\g<0>/g, "$$&")
    .replace(/\\g<(\w+)>/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))
    .replace(/\\(\d)/g, "$$$1");
}
