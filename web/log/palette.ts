/** What a theme draws output with, as numbers of red, green and blue. `test/web/contrast.test.ts` compares them with the style sheet. */
export interface Palette {
  /** The first 16 colours, and then the text's own. */
  colours: readonly number[];
  /** The backgrounds of rows: a row's own, that of stderr, and that of selected rows. */
  rows: readonly number[];
}

/** The place of the text's own colour. */
export const OWN_TEXT = 16;

export const LIGHT: Palette = {
  colours: rgbs(
    "24292f b3261e 14713a 8a5300 0b5cc0 8a3fb0 0f6e7a 565f6d 565f6d c2332a 1a7f37 7d5a00 0969da 8250df 0f7a87 1a1f27 1a1f27",
  ),
  rows: rgbs("ffffff fdf1f0 e8f1fc"),
};

export const DARK: Palette = {
  colours: rgbs(
    "7d8590 ff8f85 63d68c e3b341 7ab8ff d2a8ff 56d4dd c3cad4 8d96a3 ffa198 7ee2a0 f2cc60 a5d0ff e2c5ff 87e3ea ffffff dfe4ec",
  ),
  rows: rgbs("14171c 2a1b1d 1c2f49"),
};

/** Colours from their text, which is shorter in the page than a list of numbers. */
function rgbs(text: string): number[] {
  return text.split(" ").map((one) => Number.parseInt(one, 16));
}
