/** Ends every colour. */
export const RESET = "\u001b[0m";

/** Colours and styles of a sequence; more are left out. */
const COLOURS_MAX = 32;

/** A colour of the palette, or of red, green and blue, behind 38, 48 or 58. */
const EXTENDED = new Set(["38", "48", "58"]);
const EXTENDED_LENGTHS: Record<string, number> = { "5": 3, "2": 5 };

/** Text that the terminal hides. */
const CONCEALED = 8;

/** Sub-parameters of a style of underlining, or of a colour. */
const COLONS = /^(?:4:[0-5]|[345]8:[25](?::\d{0,3}){1,5})$/;

/**
 * The sequence that sets colours and styles (SGR), with nothing in it but those: fonts and character sets, which a
 * reset leaves as they are, are left out. Empty where nothing remains.
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
