/** How a scalar is written: without quotes, or in one of two kinds. */
export type ScalarStyle = "plain" | "single" | "double";

/** Texts that YAML 1.1 reads as a truth value, null, a number, a time, or one of its signs. */
const RESOLVED = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:~|null|Null|NULL|)$/,
  /^[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?$|^\.\d[\d_]*(?:[eE][-+]\d+)?$|^[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*$/,
  /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
  /^[-+]?0b[01_]+$|^[-+]?0[0-7_]+$|^[-+]?(?:0|[1-9][\d_]*)$|^[-+]?0x[\da-fA-F_]+$|^[-+]?[1-9][\d_]*(?::[0-5]?\d)+$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
  /^(?:<<|=)$/,
];

const BREAK = /[\n\u0085\u2028\u2029]/;

/** The style in which libyaml writes a text. */
export function styleOf(text: string, has_unicode: boolean): ScalarStyle {
  if (isSpecial(text, has_unicode)) return "double";
  if (/[\n\u0085\u2028\u2029] | [\n\u0085\u2028\u2029]/.test(text)) return "double";
  const is_plain =
    !BREAK.test(text) &&
    !/^ | $/.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) &&
    !/^[#,[\]{}&*!|>'"%@`]|^[-?:](?: |$)|:(?: |$)| #/.test(text) &&
    !RESOLVED.some((pattern) => pattern.test(text));
  return is_plain ? "plain" : "single";
}

/** Whether a text has a character that libyaml does not print. */
function isSpecial(text: string, has_unicode: boolean): boolean {
  return has_unicode ? HIDDEN.test(text) : /[^\n -~]/.test(text);
}

const HIDDEN = /[^\n -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

const ESCAPES: Record<string, string> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\u0085": "N",
  "\u00a0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

/** A character inside double quotes. */
export function inDoubleQuotes(character: string, has_unicode: boolean): string {
  const is_break = BREAK.test(character);
  if (!is_break && character !== '"' && character !== "\\" && !isSpecial(character, has_unicode))
    return character;
  const short = ESCAPES[character];
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
