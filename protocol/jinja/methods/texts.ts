import { filled } from "../operators/numbers-format.ts";
import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { wholeIn } from "../values/numbers.ts";
import type { Run } from "../values/run.ts";
import { typeName } from "../values/types.ts";
import { Dict, Thing, type Value } from "../values/values.ts";
import { capitalized, swapped, titled } from "./cases.ts";
import { given } from "./given.ts";
import type { Methods } from "./method.ts";
import { TEXT_PARTS } from "./text-parts.ts";
import { TEXT_QUESTIONS } from "./text-questions.ts";

export const TEXT_METHODS: Methods<string> = {
  ...TEXT_QUESTIONS,
  ...TEXT_PARTS,
  capitalize: ["", ({ budget }, text) => budget.made(capitalized(text))],
  casefold: ["", ({ budget }, text) => budget.made(text.replaceAll("ß", "ss").toLowerCase())],
  center: [
    "width fillchar?",
    (run, text, width: Value, fill?: Value) => padded(run, text, centered(text, wholeIn(width), fill)),
  ],
  encode: ["encoding? errors?", ({ budget }, text) => encoded(budget, text)],
  expandtabs: [
    "tabsize?",
    ({ budget }, text, size: Value = 8n) => withoutTabs(budget, text, Math.min(wholeIn(size), TAB_CHARS_MAX)),
  ],
  ljust: [
    "width fillchar?",
    (run, text, width: Value, fill?: Value) => padded(run, text, aligned(text, "<", wholeIn(width), fill)),
  ],
  rjust: [
    "width fillchar?",
    (run, text, width: Value, fill?: Value) => padded(run, text, aligned(text, ">", wholeIn(width), fill)),
  ],
  lower: ["", ({ budget }, text) => budget.made(text.toLowerCase())],
  upper: ["", ({ budget }, text) => budget.made(text.toUpperCase())],
  lstrip: [
    "chars?",
    ({ budget }, text, characters: Value = null) => budget.made(stripped(text, characters, "start")),
  ],
  rstrip: [
    "chars?",
    ({ budget }, text, characters: Value = null) => budget.made(stripped(text, characters, "end")),
  ],
  strip: [
    "chars?",
    ({ budget }, text, characters: Value = null) =>
      budget.made(stripped(stripped(text, characters, "start"), characters, "end")),
  ],
  removeprefix: [
    "prefix",
    (_, text, prefix: Value) => (text.startsWith(given(prefix)) ? text.slice(given(prefix).length) : text),
  ],
  removesuffix: [
    "suffix",
    (_, text, suffix: Value) =>
      given(suffix) !== "" && text.endsWith(given(suffix)) ? text.slice(0, -given(suffix).length) : text,
  ],
  replace: [
    "old new count?",
    (run, text, old: Value, fresh: Value, count: Value = -1n) =>
      replaced(run, text, given(old), given(fresh), wholeIn(count)),
  ],
  swapcase: ["", ({ budget }, text) => letterwise(budget, text, swapped)],
  title: ["", ({ budget }, text) => letterwise(budget, text, titled)],
  translate: ["table", (run, text, table: Value) => translated(run, text, table)],
  zfill: [
    "width",
    (run, text, width: Value) =>
      padded(run, text, aligned(text, "=", wholeIn(width), "0", /^[-+]/.test(text) ? 1 : 0)),
  ],
};

/** Steps of a character where letters or words are changed one by one. */
const LETTER_STEPS = 8;

function letterwise(budget: Budget, text: string, change: (text: string) => string): string {
  budget.spend(LETTER_STEPS * text.length);
  return budget.made(change(text));
}

function padded({ budget }: Run, text: string, result: string): string {
  budget.text(result.length - text.length + 1);
  return result;
}

/** Units of one character. */
const FILL_UNITS_MAX = 2;

/** Characters of a padded text. */
const WIDTH_MAX = 100_000;

function aligned(
  text: string,
  align: "<" | ">" | "^" | "=",
  width: number,
  fill: Value = " ",
  sign_chars = 0,
): string {
  if (width > WIDTH_MAX) throw new TemplateError(`a text is padded to ${WIDTH_MAX} characters at most`);
  const sign = given(fill);
  if ([...sign.slice(0, FILL_UNITS_MAX + 1)].length !== 1)
    throw new TemplateError("The fill character must be exactly one character long");
  const layout = {
    fill: sign,
    align,
    width,
    sign: "",
    is_alternate: false,
    comma: "",
    precision: undefined,
    kind: "",
  } as const;
  return filled(text, layout, sign_chars);
}

/** Python puts the odd character to the left where the width is odd. */
export function centered(text: string, width: number, fill: Value = " "): string {
  const length = [...text].length;
  const missing = width - length;
  if (missing <= 0) return text;
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return aligned(aligned(text, ">", length + left, fill), "<", width, fill);
}

function stripped(text: string, characters: Value, side: "start" | "end"): string {
  if (characters === null) return side === "start" ? text.trimStart() : text.trimEnd();
  const set = new Set(given(characters));
  let [from, to] = [0, text.length];
  if (side === "start") while (from < to && set.has(text[from] ?? "")) from++;
  else while (to > from && set.has(text[to - 1] ?? "")) to--;
  return text.slice(from, to);
}

/** A text with another in the place of a third, so many times at most; a negative count is all of them. */
export function replaced({ budget }: Run, text: string, old: string, fresh: string, count: number): string {
  budget.search(text.length, old.length);
  const parts = old === "" ? ["", ...text, ""] : text.split(old);
  const times = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  budget.items(parts.length);
  budget.text(text.length + Math.max(fresh.length - old.length, 0) * times);
  const rest = parts.slice(times).join(old);
  return [...parts.slice(0, times), rest].join(fresh);
}

/** Characters of a tab. */
const TAB_CHARS_MAX = 100;

function withoutTabs(budget: Budget, text: string, size: number): string {
  budget.text(text.length + (text.split("\t").length - 1) * Math.max(size, 0));
  budget.spend(LETTER_STEPS * text.length);
  let column = 0;
  return text.replace(/\t|[\n\r]|[^\t\n\r]+/g, (piece) => {
    if (piece === "\t") {
      const width = size > 0 ? size - (column % size) : 0;
      column += width;
      return " ".repeat(width);
    }
    column = piece === "\n" || piece === "\r" ? 0 : column + piece.length;
    return piece;
  });
}

function translated({ budget }: Run, text: string, table: Value): string {
  if (!(table instanceof Dict)) throw new TemplateError(`'${typeName(table)}' object is not subscriptable`);
  budget.spend(LETTER_STEPS * text.length);
  const characters = [...text].map((character) => {
    const put = table.get(BigInt(character.codePointAt(0) ?? 0));
    if (put === undefined) return character;
    return typeof put === "bigint" ? String.fromCodePoint(Number(put)) : put === null ? "" : given(put);
  });
  return budget.made(characters.join(""));
}

/** Characters that show the bytes of one character: it has up to three, and each takes up to four. */
const BYTES_SHOWN_CHARS = 12;

/** Bytes, which a template can only print. */
function encoded(budget: Budget, text: string): Value {
  const bytes = () => {
    budget.text(BYTES_SHOWN_CHARS * text.length);
    return new TextEncoder().encode(text);
  };
  const shown = () =>
    Array.from(bytes(), (byte) => (byte < 0x80 ? literalOfByte(byte) : `\\x${byte.toString(16)}`)).join("");
  return new Thing("bytes", () => `b'${shown()}'`, { size: () => bytes().length }, text.length);
}

function literalOfByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === "'" || character === "\\") return `\\${character}`;
  return byte < 0x20 || byte === 0x7f ? `\\x${byte.toString(16).padStart(2, "0")}` : character;
}
