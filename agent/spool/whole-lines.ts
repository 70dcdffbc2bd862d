const FEED = 0x0a;
const NUL = 0x00;

/**
 * How many lines at the beginning of a spool's file are whole, and their bytes. A crash of the agent tears the last line; one of
 * the host may leave zeros, or what the disk held before, anywhere behind the last sync.
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

/** The first so many lines of whole lines. */
export function firstLines(lines: Buffer, chunks_max: number): { body: Buffer<ArrayBuffer>; chunks: number } {
  let chunks = 0;
  let end = 0;
  while (end < lines.length && chunks < chunks_max) {
    end = lines.indexOf(FEED, end) + 1;
    chunks++;
  }
  return { body: Buffer.from(lines.subarray(0, end)), chunks };
}

/** The timestamp of a line, in milliseconds since 1970; 0 if it has none that can be read. */
export function stampMs(line: Buffer): number {
  const head = line.toString("utf8", 0, STAMP_BYTES);
  return Date.parse(/"timestamp":"([^"]+)"/.exec(head)?.[1] ?? "") || 0;
}

/** Bytes of a line in which its timestamp ends. */
const STAMP_BYTES = 100;

/** JSON has no zeros; everything else of a line that is not the spool's shows at its ends. */
function isChunkLine(line: Buffer, seq: number): boolean {
  const head = `{"seq":${seq},`;
  return line.toString("latin1", 0, head.length) === head && line.at(-1) === BRACE && !line.includes(NUL);
}

const BRACE = "}".charCodeAt(0);
