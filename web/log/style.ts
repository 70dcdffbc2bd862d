import { type Style, TRUE_COLOUR } from "../../protocol/screen/style.ts";
import { mixed, readable } from "./contrast.ts";
import { DARK, LIGHT, OWN_TEXT, type Palette } from "./palette.ts";

/** A theme has the first 16 colours. */
export const THEME_COLOURS = 16;

/** How much of the background dim text has. */
const DIM_SHARE = 0.3;

/** The colours of text and background for CSS, in both themes; undefined where the page has its own. */
export interface Colours {
  text: string | undefined;
  background: string | undefined;
}

/** A style's colours. The text's colour is changed where it could not be read on its background. */
export function coloursOf(style: Style): Colours {
  const known = KNOWN.get(style);
  if (known) return known;
  const { fg, bg, dim, inverse } = style;
  const [light, dark] = [coloursIn(LIGHT, style), coloursIn(DARK, style)];
  const pair = (at: 0 | 1) => `light-dark(${hex(light[at])}, ${hex(dark[at])})`;
  const has_background = inverse || bg !== undefined;
  const colours = {
    text: has_background || dim || fg !== undefined ? pair(0) : undefined,
    background: has_background ? pair(1) : undefined,
  };
  KNOWN.set(style, colours);
  return colours;
}

const KNOWN = new WeakMap<Style, Colours>();

/** A style in the colours of what it stands on: a match is read on its mark. */
export function uncoloured({ fg: _, bg: _bg, dim: _dim, inverse: _inverse, ...rest }: Style): Style {
  return rest;
}

function coloursIn({ colours, rows }: Palette, { fg, bg, bold, dim, inverse }: Style): [number, number] {
  const rgbOf = (colour: number) => (colour < THEME_COLOURS && colours[colour]) || fixedRgb(colour);
  const own = fg === undefined ? colours[OWN_TEXT] : rgbOf(bold && fg < 8 ? fg + 8 : fg);
  const behind = bg === undefined ? rows[0] : rgbOf(bg);
  const [text = 0, background = 0] = inverse ? [behind, own] : [own, behind];
  const backgrounds = bg === undefined && !inverse ? rows : [background];
  return [readable(dim ? mixed(text, background, DIM_SHARE) : text, backgrounds), background];
}

/** Another colour for CSS. */
export function cssColour(colour: number): string {
  return hex(fixedRgb(colour));
}

/** A colour that no theme has: of the 256, a cube of six to the third and then greys; or red, green and blue. */
function fixedRgb(colour: number): number {
  if (colour >= TRUE_COLOUR) return colour - TRUE_COLOUR;
  if (colour >= 232) return (8 + (colour - 232) * 10) * 0x010101;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = colour - THEME_COLOURS;
  const [red, green] = [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6)];
  return red * 0x10000 + green * 0x100 + level(cube % 6);
}

function hex(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, "0")}`;
}
