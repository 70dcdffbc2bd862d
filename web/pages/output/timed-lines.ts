import { type Chunk, OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { type Line, LineReader } from "../../../protocol/wire/lines.ts";
import { LineSplitter } from "../../../protocol/wire/ndjson.ts";

/** Turns NDJSON into the lines as they were printed, each behind its time. */
export function timedLines(): TransformStream<string, string> {
  const splitter = new LineSplitter(Number.MAX_SAFE_INTEGER);
  const reader = new LineReader(noLines(), OUTPUT_TYPES, Number.MAX_SAFE_INTEGER);
  return new TransformStream({
    transform: (text, to) => {
      for (const line of splitter.push(text)) {
        const record: Chunk | { event: string } | undefined = line === "" ? undefined : JSON.parse(line);
        if (record && !("event" in record)) to.enqueue(reader.read(record).map(timed).join(""));
      }
    },
    flush: (to) => to.enqueue(reader.open().map(timed).join("")),
  });
}

function timed({ timestamp, text, gap }: Line): string {
  return `${timestamp} ${gap ? "(output is missing here)" : text}\n`;
}
