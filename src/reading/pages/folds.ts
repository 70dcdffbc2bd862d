import { FOLD_MARKS_MAX, SEARCH_BYTES_MAX } from "../../../protocol/base/reader-limits.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { countOf } from "../../../protocol/wire/counts.ts";
import type { FoldPage } from "../../../protocol/wire/fold-page.ts";
import { FoldScanner } from "../../../protocol/wire/fold-scanner.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { LineReader } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { LinesPage } from "../../objects/log.ts";

/**
 * Finds the marks by which a log folds, from a place on, until it has found enough or read enough. The answer says where to continue: what
 * further lines may change is read again.
 */
export async function readFolds(
  linesPage: (place: number) => Promise<LinesPage>,
  { place, types }: { place: number; types: OutputType[] },
): Promise<FoldPage> {
  const scanner = new FoldScanner();
  let reader: LineReader | undefined;
  let read_seq = 0;
  let next = place;
  let bytes = 0;
  while (true) {
    const page = await linesPage(next);
    const total = countOf(page.total, types);
    const batches = page.batches.filter(({ last_seq }) => last_seq > read_seq);
    for (const { last_seq, before, body } of batches) {
      // Batches that are left out have nothing of these streams.
      if (reader) reader.skipTo(before);
      else reader = new LineReader(before, types);
      for (const text of splitLines(body)) {
        for (const line of reader.read(decodeChunk(text))) {
          if (line.place < next) continue;
          scanner.read(line);
          next = line.place + 1;
        }
      }
      read_seq = last_seq;
      bytes += body.length;
    }
    const done = batches.length === 0 || read_seq >= page.last_seq || next > total;
    if (!done && bytes < SEARCH_BYTES_MAX && scanner.marks.length < FOLD_MARKS_MAX) continue;
    // A run that fills the whole part cannot be read again with its beginning.
    const settled = done || scanner.settled <= place ? next : scanner.settled;
    return { marks: scanner.marks.filter((mark) => mark.place < settled), next: settled, total, done };
  }
}
