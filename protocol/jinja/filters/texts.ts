import { capitalized } from "../methods/cases.ts";
import { centered, replaced } from "../methods/texts.ts";
import { percentFormat } from "../operators/percent.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { textIn, wholeIn } from "../values/numbers.ts";
import { textOf } from "../values/print.ts";
import { type Native, native, type Run } from "../values/run.ts";
import { Dict, Tuple, type Value } from "../values/values.ts";
import { pretty } from "./pretty.ts";
import { wrapped } from "./wrap.ts";

/** Characters of a line, or of the space before it. */
const WIDTH_MAX = 10_000;

/** Steps of a character where words are changed one by one. */
const TITLE_STEPS = 4;

/** The filters for texts. */
export const TEXT_FILTERS: Record<string, Native> = {
  capitalize: changing("do_capitalize", capitalized),
  lower: changing("do_lower", (text) => text.toLowerCase()),
  upper: changing("do_upper", (text) => text.toUpperCase()),
  title: changing("do_title", titled, TITLE_STEPS),
  string: changing("soft_str", (text) => text),
  center: native("do_center", "value width?", ({ budget }, value: Value, width: Value = 80n) => {
    const wide = Math.min(wholeIn(width), WIDTH_MAX);
    return budget.made(centered(textOf(value, budget), wide));
  }),
  format: (run, { positional: [value = null, ...values], named }) => {
    if (values.length > 0 && named.size > 0) {
      throw new TemplateError("can't handle positional and keyword arguments at the same time");
    }
    run.budget.items(2 * named.size + values.length);
    const given = named.size > 0 ? new Dict(named) : new Tuple(values);
    return percentFormat(textOf(value, run.budget), given, run.budget);
  },
  indent: native(
    "do_indent",
    "s width? first? blank?",
    (run, value: Value, width: Value = 4n, first: Value = false, blank: Value = false) =>
      indented(run, textOf(value, run.budget), width, isTrue(first), isTrue(blank)),
  ),
  pprint: native("do_pprint", "value", ({ budget }, value: Value) => pretty(value, budget)),
  replace: native(
    "do_replace",
    "s old new count?",
    (run, value: Value, old: Value, fresh: Value, count: Value = null) => {
      const text = (one: Value) => textOf(one, run.budget);
      return replaced(run, text(value), text(old), text(fresh), count === null ? -1 : wholeIn(count));
    },
  ),
  trim: native("do_trim", "value chars?", ({ budget }, value: Value, characters: Value = null) => {
    const text = textOf(value, budget);
    return characters === null ? text.trim() : trimmed(text, textOf(characters, budget));
  }),
  truncate: native("do_truncate", "s length? killwords? end? leeway?", truncated),
  wordcount: native("do_wordcount", "s", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    budget.spend(text.length);
    let count = 0n;
    for (const _ of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
      budget.spend(WORD_STEPS);
      count++;
    }
    return count;
  }),
  wordwrap: native(
    "do_wordwrap",
    "s width? break_long_words? wrapstring? break_on_hyphens?",
    (
      { budget },
      value: Value,
      width: Value = 79n,
      breaks: Value = true,
      between: Value = "\n",
      hyphens: Value = true,
    ) => {
      const lines = textOf(value, budget).split(/\r\n|[\n\r]/);
      if (lines.at(-1) === "") lines.pop();
      const end = between === null ? "\n" : textOf(between, budget);
      const layout = { width: wholeIn(width), breaks_words: isTrue(breaks), breaks_hyphens: isTrue(hyphens) };
      const made = lines.map((line) => wrapped(line, layout, budget));
      const chars = made
        .flat()
        .reduce((sum, line) => sum + line.length + end.length, lines.length * end.length);
      budget.text(chars);
      return made.map((line) => line.join(end)).join(end);
    },
  ),
};

/** Steps of a word that is found. */
const WORD_STEPS = 8;

function changing(name: string, change: (text: string) => string, steps_of_char = 0): Native {
  return native(name, "s", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    budget.spend(text.length * steps_of_char);
    return budget.made(change(text));
  });
}

/** Words that begin behind white space, a hyphen or a bracket. */
function titled(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => (word[0] ?? "").toUpperCase() + word.slice(1).toLowerCase())
    .join("");
}

function trimmed(text: string, characters: string): string {
  const set = new Set(characters);
  let [from, to] = [0, text.length];
  while (from < to && set.has(text[from] ?? "")) from++;
  while (to > from && set.has(text[to - 1] ?? "")) to--;
  return text.slice(from, to);
}

/** Steps of a line that is indented. */
const LINE_STEPS = 4;

function indented(
  { budget }: Run,
  text: string,
  width: Value,
  with_first: boolean,
  with_blank: boolean,
): string {
  const space = textIn(width) ?? " ".repeat(Math.min(Math.max(wholeIn(width), 0), WIDTH_MAX));
  const lines = `${text}\n`.split(/\r\n|[\n\r]/).slice(0, -1);
  budget.text(text.length + lines.length * (space.length + 1));
  budget.spend(LINE_STEPS * lines.length);
  return lines
    .map((line, at) => ((at === 0 ? with_first : line !== "" || with_blank) ? space + line : line))
    .join("\n");
}

/** Characters that a text may be longer without being cut. */
const LEEWAY = 5n;

function truncated(
  { budget }: Run,
  value: Value = null,
  length: Value = 255n,
  killwords: Value = false,
  end: Value = "...",
  leeway: Value = LEEWAY,
): string {
  const text = textOf(value, budget);
  const [most, mark, more] = [wholeIn(length), textOf(end, budget), wholeIn(leeway ?? LEEWAY)];
  if (most < mark.length) throw new TemplateError(`expected length >= ${mark.length}, got ${most}`);
  if (more < 0) throw new TemplateError(`expected leeway >= 0, got ${more}`);
  // A character has two halves at the most: the others are not looked at.
  const characters = [...text.slice(0, 2 * (most + more + 1))];
  if (characters.length <= most + more) return text;
  const cut = characters.slice(0, most - mark.length).join("");
  const space = cut.lastIndexOf(" ");
  return (isTrue(killwords) || space === -1 ? cut : cut.slice(0, space)) + mark;
}
