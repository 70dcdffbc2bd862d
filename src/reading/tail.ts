import type { Chunk } from "../../protocol/wire/chunk.ts";

/** The beginning of the last lines: read after `after`, and drop `skip` characters of the chunk with `seq`. */
export interface TailStart {
  after: number;
  from: { seq: number; skip: number } | undefined;
}

type PageBefore = (seq: number) => Promise<{ lines: string; first_seq: number } | undefined>;

/**
 * Finds the beginning of the last N lines of a log, reading it backwards page by page; `next` is the log's next sequence
 * number. An unfinished line at the end counts as a line. Base64 chunks are not searched for line feeds.
 */
export async function findTail(
  next: number,
  lines_wanted: number,
  type: string | undefined,
  pageBefore: PageBefore,
): Promise<TailStart> {
  let lines_left = lines_wanted;
  let is_last = true;
  if (lines_wanted === 0) return { after: next - 1, from: undefined };
  for (let before = next; ; ) {
    const page = await pageBefore(before);
    if (page === undefined) return { after: 0, from: undefined };
    for (const line of page.lines.split("\n").reverse()) {
      if (line === "") continue;
      const chunk: Chunk = JSON.parse(line);
      if ((type !== undefined && chunk.output_type !== type) || chunk.data === "") continue;
      const { skip, lines_seen } = lastLines(chunk, lines_left, is_last);
      is_last = false;
      if (skip === chunk.data.length) return { after: chunk.seq, from: undefined };
      if (skip !== undefined) return { after: chunk.seq - 1, from: { seq: chunk.seq, skip } };
      lines_left -= lines_seen;
    }
    before = page.first_seq;
  }
}

/** How many lines end in a chunk, and where the requested lines begin if they begin in it. */
function lastLines(
  chunk: Chunk,
  wanted: number,
  is_last: boolean,
): { skip: number | undefined; lines_seen: number } {
  const text = chunk.encoding === "base64" ? "" : chunk.data;
  let lines_seen = 0;
  // The line feed that ends the last line does not begin another.
  let end = is_last && text.endsWith("\n") ? text.length - 1 : text.length;
  while (true) {
    const feed = text.lastIndexOf("\n", end - 1);
    if (feed === -1 || end === 0) return { skip: undefined, lines_seen };
    if (++lines_seen === wanted) return { skip: feed + 1, lines_seen };
    end = feed;
  }
}
