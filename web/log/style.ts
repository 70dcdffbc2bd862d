import { TRUE_COLOUR } from "../../protocol/screen/style.ts";

/** The theme has the first 16 colours, as classes. */
export const THEME_COLOURS = 16;

/** Another colour for CSS: of the 256, a cube of six to the third and then greys; or red, green and blue. */
export function cssColour(colour: number): string {
  if (colour >= TRUE_COLOUR) return hex(colour - TRUE_COLOUR);
  if (colour >= 232) return hex((8 + (colour - 232) * 10) * 0x010101);
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = colour - THEME_COLOURS;
  const [red, green] = [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6)];
  return hex(red * 0x10000 + green * 0x100 + level(cube % 6));
}

function hex(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, "0")}`;
}
