import { TemplateSyntaxError } from "../values/errors.ts";

const ESCAPE = /\\(?:x([\s\S]{0,2})|u([\s\S]{0,4})|U([\s\S]{0,8})|N(\{[^}]*\})?|([0-7]{1,3})|([\s\S]))/g;

/** The characters that Python writes as a backslash and one sign, in strings and in replacements of patterns. */
export const SIMPLE_ESCAPES: Record<string, string> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
};

const SIGNS: Record<string, string> = {
  ...SIMPLE_ESCAPES,
  "\n": "",
  "'": "'",
  '"': '"',
};

/** A string of a template without its escapes. An escape that Python does not know stays: `\w` is a backslash and a letter. */
export function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (whole, byte, unit, long, name, octal, sign) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (sign !== undefined) return SIGNS[sign] ?? whole;
    if (byte !== undefined) return character(byte, 2, "\\xXX");
    if (unit !== undefined) return character(unit, 4, "\\uXXXX");
    if (long !== undefined) return character(long, 8, "\\UXXXXXXXX");
    throw new TemplateSyntaxError(
      name === undefined ? "malformed \\N character escape" : "unknown Unicode character name",
    );
  });
}

function character(digits: string, count: number, form: string): string {
  if (!/^[\da-f]+$/i.test(digits) || digits.length < count)
    throw new TemplateSyntaxError(`truncated ${form} escape`);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff) throw new TemplateSyntaxError("illegal Unicode character");
  return String.fromCodePoint(code);
}
