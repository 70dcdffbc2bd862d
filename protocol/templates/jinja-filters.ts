import { isStructure } from "../base/numbers.ts";
import type { Steps } from "../base/steps.ts";
import { BoundedText } from "./bounded-text.ts";
import { type Filter, numberIn, option, pythonText } from "./filter.ts";

/** The largest width of `center`. */
const WIDTH_MAX = 10_000;

/** Filters of Jinja that the engine lacks, or implements differently. */
export function jinjaFilters(steps: Steps): Record<string, Filter> {
  return {
    center: (text, ...rest) => {
      const width = Math.min(numberIn(option(rest, 0, "width") ?? 80), WIDTH_MAX);
      const shown = pythonText(text);
      return shown.padStart((shown.length + Math.max(width, shown.length)) >> 1).padEnd(width);
    },
    format: (text, ...values) => formatted(pythonText(text), values, steps),
    random: (items) => {
      const list = Array.isArray(items) ? items : [...pythonText(items)];
      return list[Math.floor(Math.random() * list.length)] ?? null;
    },
    truncate: (text, ...rest) => {
      const length = numberIn(option(rest, 0, "length") ?? 255);
      const killwords = option(rest, 1, "killwords") === true;
      const end = pythonText(option(rest, 2, "end") ?? "...");
      const leeway = numberIn(option(rest, 3, "leeway") ?? 5);
      const shown = pythonText(text);
      if (shown.length <= length + leeway) return shown;
      const cut = shown.slice(0, Math.max(length - end.length, 0));
      return (killwords ? cut : cut.replace(/ [^ ]*$/, "")) + end;
    },
    urlencode: (value) => {
      const text = new BoundedText(steps);
      if (!isStructure(value)) {
        addQuoted(value, text);
        return text.toString().replaceAll("%2F", "/");
      }
      for (const [at, [key, item]] of Object.entries(value).entries()) {
        if (at > 0) text.add("&");
        addQuoted(key, text);
        text.add("=");
        addQuoted(item, text);
      }
      return text.toString().replaceAll("%20", "+");
    },
    wordcount: (text) => {
      let count = 0;
      for (const _ of pythonText(text).matchAll(/\w+/g)) count++;
      return count;
    },
  };
}

/** Characters that are quoted at once: each may become nine. */
const QUOTED_CHARS = 64 * 1024;

function addQuoted(value: unknown, text: BoundedText): void {
  const shown = pythonText(value);
  for (let at = 0; at < shown.length; ) {
    let end = at + QUOTED_CHARS;
    // Both halves of a character are quoted as one.
    if ((shown.codePointAt(end - 1) ?? 0) > 0xffff) end++;
    text.add(quoted(shown.slice(at, end)));
    at = end;
  }
}

function quoted(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The part of Python's `%` operator that templates use: texts, whole numbers, and numbers with decimals. */
function formatted(text: string, values: unknown[], steps: Steps): string {
  const put = new BoundedText(steps);
  let at = 0;
  return text.replace(/%(0?)(\d{0,3})(?:\.(\d{1,2}))?([sdifr%])/g, (_, zero, width, decimals, kind) => {
    if (kind === "%") return "%";
    if (at >= values.length) throw new Error("it has fewer values than places");
    const value = values[at++];
    const shown =
      kind === "f"
        ? numberIn(value).toFixed(decimals === undefined ? 6 : Number(decimals))
        : kind === "d" || kind === "i"
          ? String(Math.trunc(numberIn(value)))
          : pythonText(value);
    const padded = shown.padStart(Number(width), zero === "0" ? "0" : " ");
    put.expect(padded.length);
    return padded;
  });
}
