import type { Escapes } from "./escapes.ts";

/** How a program writes JSON: the characters that it escapes, and its short escapes. */
interface Dialect {
  escaped: RegExp;
  own: Escapes;
}

const SHORT = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
const SLASHED = new Map([...SHORT, ["/", "\\/"]]);
/** Go before 1.22 has no \b and \f. */
const OLDER_GO = new Map([...SHORT].filter(([character]) => character !== "\b" && character !== "\f"));
/** PHP with JSON_HEX_QUOT, and .NET. */
const NO_QUOTE = new Map([...SHORT].filter(([character]) => character !== '"'));
const NO_QUOTE_SLASHED = new Map([...SLASHED].filter(([character]) => character !== '"'));

const MUST = '\\0-\\x1f"\\\\';
const LINES = "\\u2028\\u2029";
const BEYOND_ASCII = "\\x80-\\uffff";

const PLAIN: Dialect = dialect(MUST, SHORT);
const WITH_SLASHES: Dialect = dialect(`${MUST}/`, SLASHED);
const PYTHON: Dialect = dialect(`${MUST}\\x7f${BEYOND_ASCII}`, SHORT);

const DIALECTS: readonly Dialect[] = [
  PLAIN,
  WITH_SLASHES,
  // Python, and PHP with and without its slashes.
  PYTHON,
  dialect(`${MUST}${BEYOND_ASCII}`, SHORT),
  dialect(`${MUST}/${BEYOND_ASCII}`, SLASHED),
  // PHP with JSON_UNESCAPED_UNICODE, and Go without its escapes for HTML.
  dialect(`${MUST}/${LINES}`, SLASHED),
  dialect(`${MUST}${LINES}`, SHORT),
  // Go, of both kinds; Ruby on Rails writes the same.
  dialect(`${MUST}<>&${LINES}`, SHORT),
  dialect(`${MUST}<>&${LINES}`, OLDER_GO),
  dialect(`${MUST}${LINES}`, OLDER_GO),
  // PHP with all of its JSON_HEX options.
  dialect(`${MUST}/<>&'${BEYOND_ASCII}`, NO_QUOTE_SLASHED),
  dialect(`${MUST}<>&'${BEYOND_ASCII}`, NO_QUOTE),
  // Java's Gson, and .NET.
  dialect(`${MUST}<>&'=${LINES}`, SHORT),
  dialect(`${MUST}<>&'+\`\\x7f${BEYOND_ASCII}`, NO_QUOTE),
];

/** Inside a JSON string, as JavaScript, Python, Go, PHP, Java and .NET write it, and inside a JSON string within another. */
export function jsonForms(secret: string): string[] {
  const well = JSON.stringify(secret).slice(1, -1);
  const plain = write(secret, PLAIN);
  const once = new Set([well, ...DIALECTS.flatMap((one) => bothCases(write(secret, one)))]);
  const outer = DIALECTS.flatMap((one) => bothCases(write(plain, one)));
  const twice = [...once].flatMap((form) => [write(form, PLAIN), write(form, WITH_SLASHES)]);
  return [...once, ...twice, ...outer];
}

/** The forms of a long text: in the most common dialects, and once inside a JSON string within another. */
export function commonJsonForms(secret: string): string[] {
  const well = JSON.stringify(secret).slice(1, -1);
  return [well, ...[PLAIN, WITH_SLASHES, PYTHON].map((one) => write(secret, one)), write(well, PLAIN)];
}

function dialect(escaped: string, own: Escapes): Dialect {
  return { escaped: new RegExp(`[${escaped}]`, "g"), own };
}

/** Escapes each UTF-16 unit: characters beyond 16 bits have two. */
function write(text: string, { escaped, own }: Dialect): string {
  return text.replace(
    escaped,
    (unit) => own.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** With lower-case and with upper-case digits in the escapes. */
function bothCases(text: string): string[] {
  return [
    text,
    text.replace(/\\(?:u[\da-f]{4}|.)/g, (found) =>
      found.length > 2 ? `\\u${found.slice(2).toUpperCase()}` : found,
    ),
  ];
}
