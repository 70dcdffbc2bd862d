import { encodeChunk } from "../../protocol/wire/line.ts";
import { line } from "../load.ts";

const TIMESTAMP = "2026-11-24T12:00:00.000000Z";

/** One line of so many has the rare text. */
export const LINES_PER_RARE_ONE = 1_000;
export const RARE = "a rare one";

/** As many lines as a chunk holds. */
const LINES_PER_CHUNK = 640;

/** Lines that differ, as a program's do, in as few chunks as the agent would make. */
export class NumberedLines {
  #line = 0;
  #seq = 0;

  /** The seq of the last chunk. */
  get last_seq(): number {
    return this.#seq;
  }

  /** A batch with the next lines. */
  next(lines: number): string {
    const end = this.#line + lines;
    let body = "";
    while (this.#line < end) {
      let data = "";
      for (const last = Math.min(this.#line + LINES_PER_CHUNK, end); this.#line < last; this.#line++) {
        data += line(
          `line ${this.#line} of the load${this.#line % LINES_PER_RARE_ONE === 0 ? `, ${RARE}` : ""}`,
        );
      }
      body += encodeChunk({ seq: ++this.#seq, timestamp: TIMESTAMP, output_type: "stdout", data });
    }
    return body;
  }
}
