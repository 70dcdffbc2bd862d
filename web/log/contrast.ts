/** The contrast that text needs (WCAG 2, level AA). */
export const CONTRAST_MIN = 4.5;

/** Steps from a colour to black or white. */
const STEPS = 20;

/** A colour, moved towards black or white until it can be read on all of some backgrounds, which are alike. */
export function readable(colour: number, backgrounds: readonly number[]): number {
  const isRead = (one: number) =>
    backgrounds.every((background) => contrast(one, background) >= CONTRAST_MIN);
  if (isRead(colour)) return colour;
  const is_darker = luminance(colour) < luminance(backgrounds[0] ?? 0);
  // First away from the background. Where that does not suffice, to the other side.
  const [nearer, other] = is_darker ? [0, 0xffffff] : [0xffffff, 0];
  for (const end of [nearer, other]) {
    for (let step = 1; step <= STEPS; step++) {
      const moved = mixed(colour, end, step / STEPS);
      if (isRead(moved)) return moved;
    }
  }
  return nearer;
}

/** A colour with a share of another. */
export function mixed(colour: number, other: number, share: number): number {
  let rgb = 0;
  for (const shift of [16, 8, 0]) {
    const [from, to] = [(colour >> shift) & 0xff, (other >> shift) & 0xff];
    rgb += Math.round(from + (to - from) * share) << shift;
  }
  return rgb;
}

/** The contrast of two colours, from 1 to 21. */
export function contrast(one: number, other: number): number {
  const ratio = (luminance(one) + 0.05) / (luminance(other) + 0.05);
  return Math.max(ratio, 1 / ratio);
}

function luminance(rgb: number): number {
  return 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);
}

/** The light of the last byte. */
function linear(byte: number): number {
  const part = (byte & 0xff) / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
