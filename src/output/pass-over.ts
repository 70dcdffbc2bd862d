import { type Chunk, OUTPUT_TYPES, type OutputType } from "../../protocol/wire/chunk.ts";
import { noLines } from "../../protocol/wire/counts.ts";
import { lineCount, type PassedEvent } from "../../protocol/wire/lines.ts";

/** A batch's chunks of these streams. In the place of others stands how many lines end in them, so that numbers stay true. */
export function passOver(body: string, types: readonly OutputType[]): string {
  if (types.length === OUTPUT_TYPES.length) return body;
  let kept = "";
  let passed: PassedEvent | undefined;
  const tell = () => {
    if (passed) kept += `${JSON.stringify(passed)}\n`;
    passed = undefined;
  };
  for (const line of body.split("\n")) {
    if (line === "") continue;
    const chunk: Chunk = JSON.parse(line);
    if (types.includes(chunk.output_type)) {
      tell();
      kept += `${line}\n`;
    } else {
      passed ??= { event: "passed", first_seq: chunk.gap?.first_seq ?? chunk.seq, lines: noLines() };
      passed.lines[chunk.output_type] += lineCount(chunk);
    }
  }
  tell();
  return kept;
}
