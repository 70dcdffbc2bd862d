import type { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** The longest input in characters. */
export const INPUT_CHARS_MAX = 64 * 1024;

/** Characters that parsers often get wrong. */
const CHARACTERS = [
  ..."\u0000\u0001\u0007\b\t\n\r\u001b\u007f\u0080\u009b\u009c\u00a0\u00ff",
  ..."\"'\\/<>{}[]()|&;:,.=+-*?#%@!^$~`_ 019azAZ",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\ud83d\ude00",
  "\ud800",
  "\udc00",
  "e\u0301",
];

/** Values that JSON readers often get wrong. */
const VALUES: readonly [string, ...string[]] = [
  "null",
  "true",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  "-1",
  "0",
  "-0",
  "0.5",
  "1.0",
  "1e999",
  "1e-7",
  "9007199254740993",
  "123456789012345678901234567890",
  "[]",
  "{}",
  '{"__proto__":{"a":1}}',
  '{"constructor":1,"toString":null}',
  `${"[".repeat(130)}${"]".repeat(130)}`,
  '"2026-11-24T12:00:00.000000Z"',
  '"{{ a }}"',
];

/** An input made from another by a few changes, most of them in the shape of the target's inputs. */
export function mutated(input: string, other: string, target: Target, random: Random): string {
  const { shape, words = [], chars_max = INPUT_CHARS_MAX } = target;
  let made = input;
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const in_shape = shape !== undefined && shape !== "text" && !random.oneIn(3);
    if (!in_shape) made = changedText(made, other, words, random);
    else if (shape === "json") made = changedJson(made, other, words, random);
    else made = changedLines(made, other, words, random);
  }
  return made.slice(0, chars_max);
}

function changedLines(input: string, other: string, words: readonly string[], random: Random): string {
  const lines = input.split("\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  switch (random.below(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      lines.splice(at, 0, ...other.split("\n").slice(0, 1 + random.below(3)));
      break;
    case 3:
      lines.splice(at, 2, ...lines.slice(at, at + 2).reverse());
      break;
    default:
      lines[at] = changedJson(line, other.split("\n")[0] ?? "", words, random);
  }
  return lines.join("\n");
}

/** A JSON text with one value or name replaced, added or removed. */
function changedJson(input: string, other: string, words: readonly string[], random: Random): string {
  const tokens = tokensOf(input);
  if (tokens.length === 0) return random.pick(VALUES);
  const at = random.below(tokens.length);
  const [from, to] = [tokens[at] ?? 0, endOfValue(input, tokens[at] ?? 0)];
  const own = input.slice(from, to);
  switch (random.below(7)) {
    case 0:
      return input.slice(0, from) + input.slice(to);
    case 1:
      return `${input.slice(0, to)},${own}${input.slice(to)}`;
    case 2:
      return input.slice(0, from) + changedText(own, other, words, random) + input.slice(to);
    case 3: {
      const place = tokensOf(other)[random.below(Math.max(1, tokensOf(other).length))] ?? 0;
      return input.slice(0, from) + other.slice(place, endOfValue(other, place)) + input.slice(to);
    }
    case 4: {
      const word = words[random.below(words.length)];
      return input.slice(0, from) + (word === undefined ? own : JSON.stringify(word)) + input.slice(to);
    }
    case 5:
      return `${input.slice(0, from)}${random.oneIn(2) ? `[${own}]` : `{"a":${own}}`}${input.slice(to)}`;
    default:
      return input.slice(0, from) + random.pick(VALUES) + input.slice(to);
  }
}

/** Places in a text where a JSON value may begin. */
function tokensOf(text: string): number[] {
  return [...text.slice(0, 16_384).matchAll(/"(?:[^"\\]|\\.)*"|[[{]|-?\d[\d.eE+-]*|true|false|null/g)].map(
    ({ index }) => index,
  );
}

function endOfValue(text: string, from: number): number {
  const simple = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;
  simple.lastIndex = from;
  if (simple.test(text)) return simple.lastIndex;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if ("[{".includes(text[at] ?? "")) depth++;
    else if ("]}".includes(text[at] ?? "") && --depth <= 0) return at + 1;
  }
  return text.length;
}

function changedText(input: string, other: string, words: readonly string[], random: Random): string {
  const at = random.below(input.length + 1);
  const length = Math.min(input.length - at, 1 + random.below(random.oneIn(4) ? input.length + 1 : 8));
  const before = input.slice(0, at);
  const own = input.slice(at, at + length);
  const after = input.slice(at + length);
  switch (random.below(10)) {
    case 0:
      return before + after;
    case 1:
      return before + own + own + after;
    case 2:
      return before + characters(random) + after;
    case 3:
      return before + characters(random) + own + after;
    case 4:
      return before + (words[random.below(words.length)] ?? characters(random)) + own + after;
    case 5:
      return before + (words[random.below(words.length)] ?? characters(random)) + after;
    case 6: {
      const from = random.below(other.length + 1);
      return before + other.slice(from, from + 1 + random.below(64)) + after;
    }
    case 7:
      return other.slice(0, random.below(other.length + 1)) + own + after;
    case 8:
      return before + repeated(own, random) + after;
    default:
      return before + flipped(own, random) + after;
  }
}

function characters(random: Random): string {
  let made = "";
  for (let count = random.oneIn(2) ? 1 : 1 + random.below(6); count > 0; count--) {
    made += random.oneIn(4)
      ? String.fromCharCode(random.below(random.oneIn(2) ? 0x100 : 0x10000))
      : (CHARACTERS[random.below(CHARACTERS.length)] ?? "");
  }
  return made;
}

/** Few repetitions most of the time, and sometimes so many that a bad growth of time or memory shows. */
function repeated(text: string, random: Random): string {
  if (text === "") return text;
  const times = random.oneIn(40) ? random.below(INPUT_CHARS_MAX) : random.below(12);
  return text.repeat(Math.min(times, Math.ceil(INPUT_CHARS_MAX / text.length)));
}

function flipped(text: string, random: Random): string {
  const at = random.below(text.length);
  if (text === "") return text;
  const unit = text.charCodeAt(at) ^ (1 << random.below(8));
  return text.slice(0, at) + String.fromCharCode(unit) + text.slice(at + 1);
}
