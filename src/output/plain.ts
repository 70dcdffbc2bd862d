import { LINE_CHARS_MAX } from "../../protocol/base/limits.ts";
import { cutEscapeAt, withoutEscapes } from "../../protocol/base/plain.ts";
import { type Chunk, chunkText } from "../../protocol/wire/chunk.ts";
import type { Frames } from "./frames.ts";

const encoder = new TextEncoder();

/** The text that the process wrote, without the escape sequences of a terminal. One for each response: it holds cut ones. */
export function plainFrames(): Frames {
  const cut = new Map<string, string>();
  const plain = (line: string): string => {
    const chunk: Chunk = JSON.parse(line);
    const source = `${chunk.output_type} ${chunk.execution_id ?? ""} ${chunk.host ?? ""}`;
    const text = (cut.get(source) ?? "") + chunkText(chunk);
    const at = cutEscapeAt(text);
    // What never ends is no escape sequence.
    const end = text.length - at > LINE_CHARS_MAX ? text.length : at;
    cut.set(source, text.slice(end));
    return withoutEscapes(text.slice(0, end));
  };
  return {
    content_type: "text/plain; charset=UTF-8",
    output: (lines) =>
      encoder.encode(
        lines
          .split("\n")
          .map((line) => (line === "" ? "" : plain(line)))
          .join(""),
      ),
    control: () => undefined,
    keepalive: undefined,
  };
}
