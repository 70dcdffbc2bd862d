import { LINE_CHARS_MAX } from "../base/reader-limits.ts";
import type { ScreenSize } from "./grid.ts";
import { Screen } from "./screen.ts";
import { sequenceOf } from "./sequence-of.ts";

/** A screen for one line: a wide character takes two columns. */
function sizeFor(line: string): ScreenSize {
  return { columns: 2 * Math.max(LINE_CHARS_MAX, line.length), rows: 1, reach: 256 };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;

/** A line as a terminal leaves it, without its colours. What a program scrolls away within the line is before it. */
export function shownLine(line: string): string {
  if (!CONTROL.test(line)) return line;
  let left = "";
  const screen = screenOf(line, (text) => {
    left += `${text} `;
  });
  return left + screen.normal.current.text;
}

/**
 * The beginning of a line in fewer characters: what is drawn over is left out, and further text is drawn as behind the whole beginning.
 * Nothing else of the line is lost but links, and text on the alternate screen.
 */
export function redrawn(line: string): string {
  if (!CONTROL.test(line)) return line;
  const screen = screenOf(line, () => undefined);
  if (!screen.isCut) return drawing(screen);
  // The last sequence may continue. It ends whatever it stands in.
  const cut = Math.max(line.lastIndexOf("\u001b"), 0);
  return cut > 0 ? drawing(screenOf(line.slice(0, cut), () => undefined)) + line.slice(cut) : line;
}

/** Text that draws a screen's row. */
function drawing({ normal: { current, style, column } }: Screen): string {
  const text = current.runs.map((run) => sequenceOf(run.style) + run.text).join("");
  return `${text}${sequenceOf(style)}\u001b[${column + 1}G`;
}

function screenOf(line: string, onLeave: (text: string) => void): Screen {
  const screen = new Screen({ size: sizeFor(line), returns: true, onLeave: (row) => onLeave(row.text) });
  screen.write(line);
  return screen;
}
