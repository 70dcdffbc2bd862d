import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";

export interface WrapLayout {
  width: number;
  breaks_words: boolean;
  breaks_hyphens: boolean;
}

/** A line as several, each of a width at most: Python's `textwrap.wrap`. */
export function wrapped(
  line: string,
  { width, breaks_words, breaks_hyphens }: WrapLayout,
  budget: Budget,
): string[] {
  if (width <= 0) throw new TemplateError(`invalid width ${width} (must be > 0)`);
  const pieces = piecesOf(line, breaks_hyphens).reverse();
  budget.items(pieces.length);
  const lines: string[] = [];
  while (pieces.length > 0) {
    budget.items(1);
    // White space at the beginning of a line goes, but for the first.
    if (lines.length > 0 && pieces.at(-1)?.trim() === "") pieces.pop();
    let text = "";
    for (
      let piece = pieces.at(-1);
      piece !== undefined && text.length + piece.length <= width;
      piece = pieces.at(-1)
    ) {
      text += piece;
      pieces.pop();
    }
    const long = pieces.at(-1);
    if (long !== undefined && long.length > width) {
      const room = breaks_words ? width - text.length : text === "" ? long.length : 0;
      if (room > 0) {
        text += long.slice(0, room);
        pieces.pop();
        if (room < long.length) pieces.push(long.slice(room));
      }
    }
    const kept = text.trimEnd();
    if (kept !== "") lines.push(kept);
  }
  return lines;
}

/** Words and the white space between them; a word may be cut behind a hyphen between letters. */
function piecesOf(line: string, breaks_hyphens: boolean): string[] {
  const pieces = line.split(/(\s+)/).filter((piece) => piece !== "");
  return breaks_hyphens ? pieces.flatMap((piece) => piece.split(/(?<=[^\W\d_]-)(?=[^\W\d_])/u)) : pieces;
}
