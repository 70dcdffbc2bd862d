import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { decodeChunk, encodeChunk } from "../../protocol/wire/line.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";

/** Which part of the log a reader wants. Undefined selects everything. */
export interface Selection {
  /** Only this stream; a name that no chunk has selects nothing. */
  type?: string | undefined;
  /** Where the last lines begin: this many characters into the text of the chunk with this seq. */
  from?: { seq: number; skip: number } | undefined;
}

/** Makes a filter of log messages: lines in, the wanted lines out. Messages pass untouched where all is wanted. */
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

/** A gap concerns the readers of every stream: each may miss some of it. */
function isWanted(chunk: Chunk, type: string | undefined): boolean {
  return type === undefined || chunk.output_type === (type as OutputType) || chunk.gap !== undefined;
}
