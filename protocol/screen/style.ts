/**
 * How a cell is drawn. A colour is one of the 256, or `TRUE_COLOUR` and its red, green and blue; undefined is the terminal's own. A style
 * never changes, so cells share it.
 */
export interface Style {
  readonly fg?: number;
  readonly bg?: number;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: Underline;
  readonly underline_colour?: number;
  readonly blink?: boolean;
  readonly inverse?: boolean;
  readonly hidden?: boolean;
  readonly strike?: boolean;
  readonly overline?: boolean;
  /** The target of a link: http or https only. */
  readonly href?: string;
}

/** Single, double, curly, dotted, dashed. */
export type Underline = 1 | 2 | 3 | 4 | 5;

/** Added to the red, green and blue of a colour that is none of the 256. */
export const TRUE_COLOUR = 0x1000000;

export const PLAIN: Style = {};

/** The style of erased cells: only the background remains. */
export function erasedStyle({ bg }: Style): Style {
  return bg === undefined ? PLAIN : { bg };
}
