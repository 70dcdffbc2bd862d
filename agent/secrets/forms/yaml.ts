import { type Escapes, NOT_PRINTED, shortestHex } from "./escapes.ts";

/** The short escapes of a YAML string in double quotes (YAML 1.2, section 5.7), as libyaml and PyYAML write them. */
const SHORT: Escapes = new Map([
  ["\0", "\\0"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\x85", "\\N"],
  ["\xa0", "\\_"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

/** Indentations of the lines of a string in single quotes. */
const INDENTATIONS = ["", "  ", "    ", "      ", "        "];

/** The characters that writers escape: all beyond ASCII; different sets of unprinted ones; and those that JSON escapes. */
const ESCAPED = [
  /[^ -~]|["\\]/gu,
  /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff"\\]/gu,
  new RegExp(`[${NOT_PRINTED}"\\\\]`, "gu"),
  /(?![\x7f-\x9f])[\p{Cc}"\\]/gu,
];

/** In a YAML string: in double quotes, and in single quotes, where a line end needs one more empty line. */
export function yamlForms(secret: string): string[] {
  const single = secret.replaceAll("'", "''");
  return [
    ...ESCAPED.flatMap((escaped) => [
      secret.replace(escaped, (character) => SHORT.get(character) ?? capitalHex(character)),
      // As JavaScript's yaml package writes it: with lower-case digits, and with an escaped space at the end of a line.
      ...["$&", "\\$&"].map((space) =>
        secret
          .replace(escaped, (character) => SHORT.get(character) ?? shortestHex(character))
          .replace(/ (?=\\n)/g, space),
      ),
    ]),
    ...(single.includes("\n")
      ? INDENTATIONS.map((indentation) => single.replace(/\n+/g, `$&\n${indentation}`))
      : [single]),
  ];
}

function capitalHex(character: string): string {
  const small = shortestHex(character);
  return small.slice(0, 2) + small.slice(2).toUpperCase();
}
