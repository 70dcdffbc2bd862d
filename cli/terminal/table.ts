import { styleText } from "node:util";
import Table from "cli-table3";
import type { Status } from "../../protocol/base/status.ts";
import { fitColumns, type Narrowing, wrapText } from "./columns.ts";
import { type Colour, colourOf, print } from "./print.ts";
import { nameText } from "./words.ts";

/** The text of one cell of a table, and its colour. */
export interface Cell {
  text: string;
  colour: Colour;
}

/** A status as a cell of a table. */
export function statusCell(status: Status): Cell {
  return { text: status, colour: colourOf(status) };
}

/**
 * Writes a table. The text of a cell cannot leave its cell. At a terminal the table fits, and its last line names the columns that have
 * no room. Without a terminal nothing is cut.
 */
export function printTable(head: string[], rows: (string | Cell)[][], narrowing: Narrowing): void {
  const { isTTY, columns: width_max } = process.stdout;
  const texts = rows.map((row) => row.map(textOf));
  const is_bounded = isTTY && width_max > 0;
  const { columns, dropped } = fitColumns(
    head,
    texts,
    narrowing,
    is_bounded ? width_max : Number.MAX_SAFE_INTEGER,
  );
  const table = new Table({
    head: columns.map(({ at, width }) => paintLines(wrapText(head[at] ?? "", width), "bold")),
    style: { head: [], border: [] },
  });
  for (const [at, row] of rows.entries())
    table.push(
      columns.map(({ at: column, width }) => {
        const text = wrapText(texts[at]?.[column] ?? "", width);
        const cell = row[column];
        return typeof cell === "object" ? paintLines(text, cell.colour) : text;
      }),
    );
  print(table.toString());
  if (dropped.length > 0) {
    const note = `no room for ${dropped.join(", ")}: --json has all`;
    print(paintLines(wrapText(note, width_max), "dim"));
  }
}

/** A cell may have several lines. */
function textOf(cell: string | Cell): string {
  const text = typeof cell === "string" ? cell : cell.text;
  return text.split("\n").map(nameText).join("\n");
}

/** Each line in the colour, which would end at the cell's border otherwise. */
function paintLines(text: string, style: Colour | "bold" | "dim"): string {
  return text
    .split("\n")
    .map((line) => styleText(style, line))
    .join("\n");
}
