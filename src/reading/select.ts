import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { decodeChunk, encodeChunk } from "../../protocol/wire/line.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import type { TailStart } from "../objects/log.ts";

/** The part of the log that a reader requests. Undefined selects everything. */
export interface Selection {
  /** Only this stream; a name that no chunk has selects nothing. */
  type?: string | undefined;
  /** The beginning of the last lines: the chunk with this seq, without its first lines. */
  from?: TailStart["from"];
}

/** A filter of log messages. */
export interface Select {
  /** The requested ones of some lines. */
  lines: (message: string) => string;
  /** What the result depends on besides these lines; undefined if it depends on the lines before. */
  key: string | undefined;
}

/** Makes a filter. If all lines are requested, messages pass unchanged. */
export function selectLines({ type, from }: Selection): Select {
  let trim = from;
  const key = from === undefined ? (type ?? "") : undefined;
  const lines = (message: string) => {
    if (type === undefined && trim === undefined) return message;
    let selected = "";
    for (const line of splitLines(message)) {
      const chunk = decodeChunk(line);
      if (trim?.seq === chunk.seq) {
        const { ends } = trim;
        trim = undefined;
        if (isWanted(chunk, type)) selected += encodeChunk(withoutLines(chunk, ends));
      } else if (isWanted(chunk, type)) selected += `${line}\n`;
    }
    return selected;
  };
  return { lines, key };
}

/** A chunk without its first lines. A gap is not changed: the limit may have cut the chunk out after it was found. */
function withoutLines(chunk: Chunk, ends: number): Chunk {
  const is_encoded = chunk.encoding === "base64";
  // In decoded base64, each character stands for a byte.
  const text = is_encoded ? atob(chunk.data) : chunk.data;
  let at = 0;
  for (let ends_left = ends; ends_left > 0; ends_left--) at = text.indexOf("\n", at) + 1;
  const rest = text.slice(at);
  return { ...chunk, data: is_encoded ? btoa(rest) : rest };
}

/** Readers of every stream get a gap: output of each stream may be missing in it. */
function isWanted(chunk: Chunk, type: string | undefined): boolean {
  return type === undefined || chunk.output_type === (type as OutputType) || chunk.gap !== undefined;
}
