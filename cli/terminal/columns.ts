import stringWidth from "string-width";

/** How a table becomes narrower: columns whose texts wrap, and the order in which columns are left out. */
export interface Narrowing {
  wraps?: readonly string[];
  drops: readonly string[];
}

/** A wrapped column has at least this width. */
const WRAPPED_WIDTH_MIN = 16;

/** A column that stays has at least this width, however narrow the terminal is. */
const WIDTH_MIN = 4;

/** The columns that fit, by their positions, each with the width of its text. */
export interface Fitted {
  columns: { at: number; width: number }[];
  dropped: string[];
}

/**
 * Fits a table into a terminal. First, long texts wrap. If that is not enough, columns are left out one by one. Those that are left then
 * wrap too.
 */
export function fitColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { wraps = [], drops }: Narrowing,
  width_max: number,
): Fitted {
  const natural = head.map((name, at) =>
    Math.max(...[name, ...rows.map((row) => row[at] ?? "")].map(widthOf)),
  );
  const dropped: string[] = [];
  for (;;) {
    const shown = head.map((name, at) => ({ name, at })).filter(({ name }) => !dropped.includes(name));
    const next = drops[dropped.length];
    const columns = shown.map(({ name, at }) => {
      const width = natural[at] ?? 0;
      const floor = wraps.includes(name) ? WRAPPED_WIDTH_MIN : next === undefined ? WIDTH_MIN : width;
      return { at, width, floor: Math.min(width, floor) };
    });
    const room = width_max - frameWidth(columns.length);
    const needed = columns.reduce((sum, { floor }) => sum + floor, 0);
    if (needed > room && next !== undefined) {
      dropped.push(next);
      continue;
    }
    shrink(columns, room);
    return { columns: columns.map(({ at, width }) => ({ at, width })), dropped };
  }
}

/** Takes from the widest column until all fit, or none can become narrower. */
function shrink(columns: { width: number; floor: number }[], room: number): void {
  for (let over = columns.reduce((sum, { width }) => sum + width, 0) - room; over > 0; over--) {
    const [widest] = columns.filter(({ width, floor }) => width > floor).sort((a, b) => b.width - a.width);
    if (widest === undefined) return;
    widest.width--;
  }
}

/** Borders, and a space on both sides of each text. */
function frameWidth(columns: number): number {
  return 3 * columns + 1;
}

/** The width of a cell: of its longest line. */
export function widthOf(cell: string): number {
  return Math.max(...cell.split("\n").map((line) => stringWidth(line)));
}

/** Breaks each line that is too wide: between words, and within a word that is too wide itself. */
export function wrapText(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => wrapLine(line, width))
    .join("\n");
}

const GRAPHEMES = new Intl.Segmenter();

function wrapLine(line: string, width: number): string[] {
  if (stringWidth(line) <= width) return [line];
  const lines: string[] = [];
  let last = "";
  for (const word of line.split(" ")) {
    const longer = last === "" ? word : `${last} ${word}`;
    if (stringWidth(longer) <= width) last = longer;
    else {
      if (last !== "") lines.push(last);
      const parts = cutWord(word, width);
      last = parts.pop() ?? "";
      lines.push(...parts);
    }
  }
  return [...lines, last];
}

function cutWord(word: string, width: number): string[] {
  const parts: string[] = [];
  let part = "";
  for (const { segment } of GRAPHEMES.segment(word)) {
    if (part !== "" && stringWidth(part + segment) > width) {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}
