import { bytewise, NOT_PRINTED } from "./escapes.ts";

/** The escapes that bash writes in $'…'. It writes other characters that it does not print in octal. */
const ANSI_C = new Map([
  ["'", "\\'"],
  ["\\", "\\\\"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1b", "\\E"],
]);

/** The characters that bash does not print, by locale and C library: glibc, others, and the C locale, which services often have. */
const NOT_PRINTED_BY = [
  /[\p{Cc}\p{Cn}\p{Zl}\p{Zp}'\\]/gu,
  new RegExp(`[${NOT_PRINTED}'\\\\]`, "gu"),
  /[^ -~]|['\\]/gu,
];

/**
 * Inside single quotes (bash, Python's shlex) and double quotes, and as bash's %q writes it: with $'…' if the secret has characters
 * that it does not print.
 */
export function shellForms(secret: string): string[] {
  return [
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replace(/["$`\\]/g, "\\$&"),
    secret.replace(/[\t\n !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[=:])~/g, "\\$&"),
    ...NOT_PRINTED_BY.map((escaped) =>
      secret.replace(escaped, (character) => ANSI_C.get(character) ?? bytewise(character, octal)),
    ),
  ];
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, "0")}`;
}
