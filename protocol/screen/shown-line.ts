import type { ScreenSize } from "./grid.ts";
import { NO_TERMINAL } from "./no-terminal.ts";
import type { Row } from "./row.ts";
import { Screen } from "./screen.ts";
import { sequenceOf } from "./sequence-of.ts";
import { PLAIN } from "./style.ts";

/** A screen for one line, which continues in further rows as it does without a terminal. */
const ONE_LINE: ScreenSize = { ...NO_TERMINAL, rows: 1 };

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;

/** A line as a terminal leaves it, without its colours. What a program scrolls away within the line is before it. */
export function shownLine(line: string): string {
  if (!CONTROL.test(line)) return line;
  const { left, screen } = drawn(line);
  const before = left.map((row) => (row.is_continued ? row.text : `${row.text} `));
  return before.join("") + screen.normal.current.text;
}

/**
 * The beginning of a line in fewer characters: what is drawn over is left out, and further text is drawn as behind the whole beginning.
 * Nothing else of the line is lost but links, modes, and text on the alternate screen.
 */
export function redrawn(line: string): string {
  if (!CONTROL.test(line)) return line;
  const { left, screen } = drawn(line);
  if (!screen.isCut) return drawing(left, screen);
  // The last sequence may continue. It ends whatever it stands in.
  const cut = Math.max(line.lastIndexOf("\u001b"), 0);
  if (cut === 0) return line;
  const whole = drawn(line.slice(0, cut));
  return drawing(whole.left, whole.screen) + line.slice(cut);
}

interface Drawn {
  /** The rows that have left the screen. */
  left: Row[];
  screen: Screen;
}

function drawn(line: string): Drawn {
  const left: Row[] = [];
  const screen = new Screen({ size: ONE_LINE, returns: true, onLeave: (row) => left.push(row) });
  screen.write(line);
  return { left, screen };
}

/** Text that draws the rows. VT ends a row and is no line feed of the output. */
function drawing(left: readonly Row[], { normal: { current, style, column } }: Screen): string {
  const before = left.map((row) => textOf(row) + (row.is_continued ? "" : `${sequenceOf(PLAIN)}\v`));
  return `${before.join("")}${textOf(current)}${sequenceOf(style)}\u001b[${column + 1}G`;
}

function textOf(row: Row): string {
  return row.runs.map((run) => sequenceOf(run.style) + run.text).join("");
}
