/** The first character as a title has it, the others as small letters. */
export function capitalized(text: string): string {
  const [first = ""] = text;
  return titleCase(first) + text.slice(first.length).toLowerCase();
}

/** Each run of letters with a large first one. */
export function titled(text: string): string {
  return text.replace(/\p{L}[\p{L}\p{M}]*/gu, capitalized);
}

export function swapped(text: string): string {
  return text.replace(/\p{L}/gu, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
}

/** Letters of two parts, of which a title has only the first large. */
const DOUBLE: Record<string, string> = { ǆ: "ǅ", Ǆ: "ǅ", ǉ: "ǈ", Ǉ: "ǈ", ǌ: "ǋ", Ǌ: "ǋ", ǳ: "ǲ", Ǳ: "ǲ" };

function titleCase(letter: string): string {
  const large = DOUBLE[letter] ?? letter.toUpperCase();
  return large.length > letter.length ? (large[0] ?? "") + large.slice(1).toLowerCase() : large;
}
