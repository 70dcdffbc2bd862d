import { encodeChunk } from "../../protocol/wire/line.ts";
import { line } from "../load.ts";

/** One line of so many has the rare text. */
export const LINES_PER_RARE_ONE = 1_000;
export const RARE = "a rare one";

/** A batch of one chunk with lines that differ, as a program's do. `first_line` is the number of its first line. */
export function numberedBatch(seq: number, first_line: number, lines: number): string {
  let data = "";
  for (let at = first_line; at < first_line + lines; at++) {
    data += line(`line ${at} of the load${at % LINES_PER_RARE_ONE === 0 ? `, ${RARE}` : ""}`);
  }
  return encodeChunk({ seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data });
}
