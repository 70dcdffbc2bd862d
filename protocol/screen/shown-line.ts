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
  const { left, screen } = drawn(line, (row) => (row.is_continued ? row.text : `${row.text} `));
  return left + screen.normal.current.text;
}

/**
 * The beginning of a line in fewer characters: what is drawn over is left out, and further text is drawn as behind the whole beginning.
 * Nothing else of the line is lost but links, modes, and text on the alternate screen. A line that would have more characters stays.
 */
export function redrawn(line: string): string {
  if (!CONTROL.test(line)) return line;
  const whole = drawn(line, drawing, line.length);
  if (!whole.screen.isCut) return redrawing(whole) ?? line;
  // The last sequence may continue. It ends whatever it stands in.
  const cut = Math.max(line.lastIndexOf("\u001b"), 0);
  if (cut === 0) return line;
  const beginning = redrawing(drawn(line.slice(0, cut), drawing, line.length));
  return beginning === undefined ? line : beginning + line.slice(cut);
}

interface Drawn {
  /** The text of the rows that have left the screen. */
  left: string;
  /** Whether there is more of it than the bound. */
  is_beyond: boolean;
  screen: Screen;
}

/**
 * Draws a line, and writes the rows that leave. Rows are not kept, and their text is bounded: each character of a line can end a row, and
 * a row takes a hundred times the memory.
 */
function drawn(line: string, write: (row: Row) => string, chars_max = Number.POSITIVE_INFINITY): Drawn {
  let left = "";
  let newest: Row | undefined;
  const writeNewest = () => {
    if (newest && left.length <= chars_max) left += write(newest);
  };
  // A row learns after it has left whether it continues.
  const onLeave = (row: Row) => {
    writeNewest();
    newest = row;
  };
  const screen = new Screen({ size: ONE_LINE, returns: true, onLeave });
  screen.write(line);
  writeNewest();
  return { left, is_beyond: left.length > chars_max, screen };
}

/** Text that draws what is drawn, unless it is too long. */
function redrawing({ left, is_beyond, screen }: Drawn): string | undefined {
  const { current, style, column } = screen.normal;
  return is_beyond ? undefined : `${left}${textOf(current)}${sequenceOf(style)}\u001b[${column + 1}G`;
}

/** Text that draws a row that has left. VT ends a row and is no line feed of the output. */
function drawing(row: Row): string {
  return textOf(row) + (row.is_continued ? "" : `${sequenceOf(PLAIN)}\v`);
}

function textOf(row: Row): string {
  return row.runs.map((run) => sequenceOf(run.style) + run.text).join("");
}
