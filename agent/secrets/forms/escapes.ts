/** Characters that have an escape of their own, and that escape. */
export type Escapes = ReadonlyMap<string, string>;

/** Characters that Python and Go write as escapes, and most others too. A space is printed. */
export const NOT_PRINTED = "\\p{C}\\p{Zl}\\p{Zp}\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000";

/** A character's number in hexadecimal digits, small ones. */
export function hex(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, "0");
}

/** `\x`, `\u` and `\U`, whichever is the first that has room for the character, as Python and YAML write it. */
export function shortestHex(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(character, 2)}`;
  return code < 0x10000 ? `\\u${hex(character, 4)}` : `\\U${hex(character, 8)}`;
}

/** The UTF-8 bytes of a text, each written by itself. */
export function bytewise(text: string, write: (byte: number) => string): string {
  return [...Buffer.from(text)].map(write).join("");
}
