import { type Chunk, OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { type Line, LineReader, type PassedEvent } from "../../../protocol/wire/lines.ts";

/** The lines that end in a batch and the open lines behind it, for a reader of these streams. */
export function linesOf(
  body: string,
  types: readonly Chunk["output_type"][] = OUTPUT_TYPES,
): { lines: Line[]; open: Line[] } {
  const reader = new LineReader(noLines(), types);
  const lines: Line[] = [];
  for (const text of body.split("\n").slice(0, -1)) {
    const record: Chunk | PassedEvent = JSON.parse(text);
    if ("event" in record) reader.pass(record);
    else lines.push(...reader.read(record));
  }
  return { lines, open: reader.open() };
}
