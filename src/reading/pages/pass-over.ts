import { firstSeq, OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { decodeChunk, encodeEvent } from "../../../protocol/wire/line.ts";
import { lineCount, type PassedEvent } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";

/**
 * A batch's chunks of these streams. Events replace the other chunks, and count the lines that end in them, so that line
 * numbers stay right.
 */
export function passOver(body: string, types: readonly OutputType[]): string {
  if (types.length === OUTPUT_TYPES.length) return body;
  let kept = "";
  let passed: PassedEvent | undefined;
  const flush = () => {
    if (passed) kept += encodeEvent(passed);
    passed = undefined;
  };
  for (const line of splitLines(body)) {
    const chunk = decodeChunk(line);
    if (types.includes(chunk.output_type)) {
      flush();
      kept += `${line}\n`;
    } else {
      passed ??= { event: "passed", first_seq: firstSeq(chunk), lines: noLines() };
      passed.lines[chunk.output_type] += lineCount(chunk);
    }
  }
  flush();
  return kept;
}
