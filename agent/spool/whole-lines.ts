import { lineStart, TIMESTAMP_CHARS, timestampOf } from "../../protocol/wire/line.ts";

const FEED = 0x0a;
const NUL = 0x00;

/**
 * The number of whole lines at the beginning of a spool's file, and their bytes. A crash of the agent cuts the last line. A crash of
 * the host may leave zeros, or old content of the disk, anywhere after the last sync.
 */
export function wholeLines(bytes: Buffer, first_seq: number): { lines: number; bytes: number } {
  let lines = 0;
  let end = 0;
  for (let feed = bytes.indexOf(FEED); feed !== -1; feed = bytes.indexOf(FEED, end)) {
    if (!isChunkLine(bytes.subarray(end, feed), first_seq + lines)) break;
    lines++;
    end = feed + 1;
  }
  return { lines, bytes: end };
}

/** The first lines, at most `chunks_max`, in the same memory. */
export function firstLines(
  lines: Buffer<ArrayBuffer>,
  chunks_max: number,
): { body: Buffer<ArrayBuffer>; chunks: number } {
  let chunks = 0;
  let end = 0;
  while (end < lines.length && chunks < chunks_max) {
    end = lines.indexOf(FEED, end) + 1;
    chunks++;
  }
  return { body: lines.subarray(0, end), chunks };
}

/** The timestamp of a line, in milliseconds since 1970; 0 if it cannot be read. */
export function stampMs(line: Buffer): number {
  // One byte is one character: the fields up to the timestamp are ASCII.
  return Date.parse(timestampOf(line.toString("latin1", 0, TIMESTAMP_CHARS)) ?? "") || 0;
}

/** Whether a line is the spool's chunk with this number: it has the right beginning and end, and no zero byte, which JSON has not. */
function isChunkLine(line: Buffer, seq: number): boolean {
  const head = lineStart(seq);
  return line.toString("latin1", 0, head.length) === head && line.at(-1) === BRACE && !line.includes(NUL);
}

const BRACE = "}".charCodeAt(0);
