import { ShownText, type ShownTextOptions } from "../../../protocol/screen/shown-text.ts";
import { chunkText } from "../../../protocol/wire/chunk.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { sourceKey } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { Frames } from "./format.ts";

const encoder = new TextEncoder();

/** The text that a terminal shows of the output. Each response has its own: it depends on what came before. */
export function plainFrames(options: ShownTextOptions): Frames {
  const text = new ShownText(options);
  const shown = (line: string): string => {
    const chunk = decodeChunk(line);
    return text.write(sourceKey(chunk), chunkText(chunk));
  };
  return {
    name: undefined,
    content_type: "text/plain; charset=UTF-8",
    output: (lines) => encoder.encode(splitLines(lines).map(shown).join("")),
    control: ({ event }) =>
      event === "end" || event === "up_to_date" ? encoder.encode(text.end()) : undefined,
    keepalive: undefined,
  };
}
