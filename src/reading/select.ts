import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { decodeChunk, encodeChunk } from "../../protocol/wire/line.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";

/** The part of the log that a reader requests. Undefined selects everything. */
export interface Selection {
  /** Only this stream; a name that no chunk has selects nothing. */
  type?: string | undefined;
  /** The beginning of the last lines: the chunk with this seq, without its first `skip` characters. */
  from?: { seq: number; skip: number } | undefined;
}

/**
 * Makes a filter of log messages: lines in, the requested lines out. If all lines are requested, messages pass unchanged.
 */
export function selectLines({ type, from }: Selection): (message: string) => string {
  let trim = from && from.skip > 0 ? from : undefined;
  if (type === undefined && trim === undefined) return (message) => message;
  return (message) => {
    if (type === undefined && trim === undefined) return message;
    let selected = "";
    for (const line of splitLines(message)) {
      const chunk = decodeChunk(line);
      if (trim?.seq === chunk.seq) {
        const { skip } = trim;
        trim = undefined;
        if (isWanted(chunk, type)) selected += encodeChunk({ ...chunk, data: chunk.data.slice(skip) });
      } else if (isWanted(chunk, type)) selected += `${line}\n`;
    }
    return selected;
  };
}

/** Readers of every stream get a gap: output of each stream may be missing in it. */
function isWanted(chunk: Chunk, type: string | undefined): boolean {
  return type === undefined || chunk.output_type === (type as OutputType) || chunk.gap !== undefined;
}
