/** The style of a piece of text. A colour is one of the terminal's 16, or `#rrggbb`. */
export interface Style {
  fg?: number | string | undefined;
  bg?: number | string | undefined;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  strike?: boolean;
  hidden?: boolean;
  /** The link's target: http or https only. */
  href?: string | undefined;
}

export const PLAIN: Style = {};

/** A style after SGR parameters; unknown ones change nothing. */
export function restyle(before: Style, groups: readonly (readonly string[])[]): Style {
  let style: Style = { ...before };
  const codes = groups.flatMap((group) => (group[1] === "2" ? trueColour(group) : group.map(codeOf)));
  if (codes.length === 0) codes.push(0);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) style = style.href ? { href: style.href } : PLAIN;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (SWITCHES[code]) style = { ...style, ...SWITCHES[code] };
    else if (code >= 30 && code <= 37) style = { ...style, fg: code - 30 };
    else if (code >= 90 && code <= 97) style = { ...style, fg: code - 82 };
    else if (code >= 40 && code <= 47) style = { ...style, bg: code - 40 };
    else if (code >= 100 && code <= 107) style = { ...style, bg: code - 92 };
    else if (code === 39) style = { ...style, fg: undefined };
    else if (code === 49) style = { ...style, bg: undefined };
    else if (code === 38 || code === 48) {
      const { colour, taken } = extended(codes, at + 1);
      at += taken;
      if (colour !== undefined) style = { ...style, [code === 38 ? "fg" : "bg"]: colour };
    }
  }
  return style;
}

const SWITCHES: Record<number, Style> = {
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  8: { hidden: true },
  9: { strike: true },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  28: { hidden: false },
  29: { strike: false },
};

/** `38:2::r:g:b`, which may name a colour space, as the codes that semicolons write. */
function trueColour(group: readonly string[]): number[] {
  return [codeOf(group[0] ?? ""), 2, ...group.slice(-3).map(codeOf)];
}

function codeOf(param: string): number {
  return Number(param) || 0;
}

function extended(codes: number[], at: number): { colour: number | string | undefined; taken: number } {
  const byte = (offset: number) => Math.min(255, Math.max(0, codes[at + offset] || 0));
  if (codes[at] === 5) return { colour: paletteColour(byte(1)), taken: 2 };
  if (codes[at] === 2) return { colour: hex(byte(1), byte(2), byte(3)), taken: 4 };
  return { colour: undefined, taken: 0 };
}

/** One of the 256: the first 16 are the theme's, then a cube of six to the third, then greys. */
function paletteColour(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function hex(...channels: number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
