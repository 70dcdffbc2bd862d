import { bytewise, type Escapes, hex, NOT_PRINTED, shortestHex } from "./escapes.ts";

const BACKSLASH: [string, string] = ["\\", "\\\\"];
const PYTHON: Escapes = new Map([BACKSLASH, ["\t", "\\t"], ["\n", "\\n"], ["\r", "\\r"]]);
const GO: Escapes = new Map([
  BACKSLASH,
  ['"', '\\"'],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);
const NODE: Escapes = new Map([
  BACKSLASH,
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\f", "\\f"],
  ["\r", "\\r"],
]);

const PYTHON_REPR = new RegExp(`[\\\\${NOT_PRINTED}]`, "gu");
const GO_QUOTE = new RegExp(`["\\\\${NOT_PRINTED}]`, "gu");

/** As string literals: Python's repr and ascii, of text and of bytes, Go's %q and %+q, and Node's `inspect`. */
export function sourceForms(secret: string): string[] {
  const repr = secret.replace(PYTHON_REPR, (character) => PYTHON.get(character) ?? shortestHex(character));
  const ascii = secret.replace(/[^ -~]|\\/gu, (character) => PYTHON.get(character) ?? shortestHex(character));
  const bytes = secret.replace(
    /[^ -~]|\\/gu,
    (character) => PYTHON.get(character) ?? bytewise(character, byteEscape),
  );
  const node = secret.replace(
    /[\p{Cc}\\]/gu,
    (character) => NODE.get(character) ?? `\\x${hex(character, 2).toUpperCase()}`,
  );
  return [
    // All four choose the quotes with fewer escapes.
    ...[repr, ascii, bytes, node].flatMap((form) => [form, form.replaceAll("'", "\\'")]),
    secret.replace(GO_QUOTE, goEscape),
    secret.replace(/[^ -~]|["\\]/gu, goEscape),
  ];
}

/** Go uses \x only for ASCII. */
function goEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x80 && code < 0x100) return `\\u${hex(character, 4)}`;
  return GO.get(character) ?? shortestHex(character);
}

function byteEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
