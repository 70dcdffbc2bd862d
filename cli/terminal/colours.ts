/** Ends every colour. */
export const RESET = "\u001b[0m";

/** Colours and styles of one sequence; further ones are left out. */
const COLOURS_MAX = 32;

/** These begin a palette colour or an RGB colour. */
const EXTENDED = new Set(["38", "48", "58"]);
const EXTENDED_LENGTHS: Record<string, number> = { "5": 3, "2": 5 };

/** The style that hides text. */
const CONCEALED = 8;

/** A style of underlining, or a colour, with sub-parameters. */
const COLONS = /^(?:4:[0-5]|[345]8:[25](?::\d{0,3}){1,5})$/;

/**
 * An SGR sequence, reduced to colours and styles. Fonts and character sets are left out, because a reset does not undo them. Empty
 * if nothing remains.
 */
export function colourSequence(parameters: string): string {
  const given = parameters === "" ? ["0"] : parameters.split(";");
  const kept: string[] = [];
  for (let at = 0; at < given.length && at < COLOURS_MAX; ) {
    const length = EXTENDED.has(given[at] ?? "")
      ? (EXTENDED_LENGTHS[given[at + 1] ?? ""] ?? given.length)
      : 1;
    const colour = given.slice(at, at + length);
    if (length === 1 ? isColour(colour[0] ?? "") : isExtended(colour, length)) kept.push(...colour);
    at += length;
  }
  return kept.length === 0 ? "" : `\u001b[${kept.join(";")}m`;
}

/** Whether a sequence ends all colours and begins none. */
export function isReset(parameters: string): boolean {
  return /^0*$/.test(parameters);
}

function isColour(parameter: string): boolean {
  if (parameter.includes(":")) return COLONS.test(parameter);
  if (parameter.length > 3) return false;
  const code = Number(parameter);
  const isStyle =
    (code <= 9 && code !== CONCEALED) || (code >= 21 && code <= 25) || (code >= 27 && code <= 29);
  return isStyle || (code >= 30 && code <= 49) || code === 53 || code === 55 || code === 59 || isBright(code);
}

function isBright(code: number): boolean {
  return code >= 90 && code <= 107;
}

function isExtended(colour: readonly string[], length: number): boolean {
  return colour.length === length && colour.every((parameter) => /^\d{1,3}$/.test(parameter));
}
