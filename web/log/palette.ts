/** What a theme draws output with, as numbers of red, green and blue. `test/web/contrast.test.ts` compares them with the style sheet. */
export interface Palette {
  /** The text's own colour. */
  text: number;
  /** The backgrounds of rows: a row's own, that of stderr, and that of selected rows. */
  rows: readonly [number, number, number];
  /** The first 16 colours. */
  colours: readonly number[];
}

export const LIGHT: Palette = {
  text: 0x1a1f27,
  rows: [0xffffff, 0xfdf1f0, 0xe8f1fc],
  colours: [
    0x24292f, 0xb3261e, 0x14713a, 0x8a5300, 0x0b5cc0, 0x8a3fb0, 0x0f6e7a, 0x565f6d, 0x565f6d, 0xc2332a,
    0x1a7f37, 0x7d5a00, 0x0969da, 0x8250df, 0x0f7a87, 0x1a1f27,
  ],
};

export const DARK: Palette = {
  text: 0xdfe4ec,
  rows: [0x14171c, 0x2a1b1d, 0x1c2f49],
  colours: [
    0x7d8590, 0xff8f85, 0x63d68c, 0xe3b341, 0x7ab8ff, 0xd2a8ff, 0x56d4dd, 0xc3cad4, 0x8d96a3, 0xffa198,
    0x7ee2a0, 0xf2cc60, 0xa5d0ff, 0xe2c5ff, 0x87e3ea, 0xffffff,
  ],
};
