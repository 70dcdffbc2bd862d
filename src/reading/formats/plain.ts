import { cutEscapeAt, withoutEscapes } from "../../../protocol/base/plain.ts";
import { LINE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { chunkText } from "../../../protocol/wire/chunk.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { sourceKey } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { Frames } from "./format.ts";

const encoder = new TextEncoder();

/**
 * The text that the process wrote, without a terminal's escape sequences. Each response has its own: it keeps sequences
 * that a chunk's end has cut.
 */
export function plainFrames(): Frames {
  const cut = new Map<string, string>();
  const plain = (line: string): string => {
    const chunk = decodeChunk(line);
    const source = sourceKey(chunk);
    const text = (cut.get(source) ?? "") + chunkText(chunk);
    const at = cutEscapeAt(text);
    // A sequence that does not end within the bound is text.
    const end = text.length - at > LINE_CHARS_MAX ? text.length : at;
    cut.set(source, text.slice(end));
    return withoutEscapes(text.slice(0, end));
  };
  return {
    name: undefined,
    content_type: "text/plain; charset=UTF-8",
    output: (lines) => encoder.encode(splitLines(lines).map(plain).join("")),
    control: () => undefined,
    keepalive: undefined,
  };
}
