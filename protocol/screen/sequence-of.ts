import { type Style, TRUE_COLOUR } from "./style.ts";

/** The sequence after which text has a style. Links are left out. */
export function sequenceOf(style: Style): string {
  const codes = [
    "0",
    style.bold && "1",
    style.dim && "2",
    style.italic && "3",
    style.underline && `4:${style.underline}`,
    style.blink && "5",
    style.inverse && "7",
    style.hidden && "8",
    style.strike && "9",
    style.overline && "53",
    ...colourCodes(38, style.fg),
    ...colourCodes(48, style.bg),
    ...colourCodes(58, style.underline_colour),
  ];
  return `\u001b[${codes.filter(Boolean).join(";")}m`;
}

function colourCodes(target: number, colour: number | undefined): string[] {
  if (colour === undefined) return [];
  if (colour < TRUE_COLOUR) return [`${target};5;${colour}`];
  const rgb = colour - TRUE_COLOUR;
  return [`${target};2;${rgb >> 16};${(rgb >> 8) & 0xff};${rgb & 0xff}`];
}
