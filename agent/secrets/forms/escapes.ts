/** Characters with a short escape, and that escape. */
export type Escapes = ReadonlyMap<string, string>;

/** Characters that Python and Go, and most other programs, write as escapes. A space is printed. */
export const NOT_PRINTED = "\\p{C}\\p{Zl}\\p{Zp}\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000";

/** A character's number in lower-case hexadecimal digits. */
export function hex(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, "0");
}

/** The first of `\x`, `\u` and `\U` that has room for the character, as Python and YAML write it. */
export function shortestHex(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(character, 2)}`;
  return code < 0x10000 ? `\\u${hex(character, 4)}` : `\\U${hex(character, 8)}`;
}

/** Writes each UTF-8 byte of a text. */
export function bytewise(text: string, write: (byte: number) => string): string {
  return [...Buffer.from(text)].map(write).join("");
}
