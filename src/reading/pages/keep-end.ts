import { chunkText, firstSeq } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { decodeChunk, encodeEvent, lineEnd } from "../../../protocol/wire/line.ts";
import {
  type LineSource,
  lineCount,
  type PassedEvent,
  sourceKey,
  sourceOf,
} from "../../../protocol/wire/lines.ts";

/** The most sources that the event names: output of further sources is not left out. */
const SOURCES_MAX = 64;

/** The sequences that move a cursor up, as JSON has them. They draw over earlier lines, so these are kept. */
const GOES_UP = /\\u001b\[\d*[AF]/i;

/**
 * A batch's last chunks, at least this many characters of them. An event replaces the chunks before, and counts the lines
 * that end in them. The cut is at a place where every source has ended its line, and the event names these sources: so no
 * kept line counts as the rest of an earlier one.
 */
export function keepEnd(body: string, chars_min: number): string {
  if (body.length <= chars_min || GOES_UP.test(body)) return body;
  const sources = new Map<string, LineSource>();
  const open = new Set<string>();
  const lines = noLines();
  let cut = { at: 0, sources: 0, lines: noLines() };
  for (let at = 0; ; ) {
    const end = lineEnd(body, at);
    if (end === 0 || body.length - end < chars_min) break;
    const chunk = decodeChunk(body.slice(at, end));
    at = end;
    lines[chunk.output_type] += lineCount(chunk);
    const text = chunkText(chunk);
    if (text !== "") {
      const key = sourceKey(chunk);
      sources.set(key, sourceOf(chunk));
      if (text.endsWith("\n")) open.delete(key);
      else open.add(key);
    }
    if (sources.size > SOURCES_MAX) break;
    if (open.size === 0) cut = { at, sources: sources.size, lines: { ...lines } };
  }
  if (cut.at === 0) return body;
  const passed: PassedEvent = {
    event: "passed",
    first_seq: firstSeq(decodeChunk(body.slice(0, lineEnd(body, 0)))),
    lines: cut.lines,
    ended: [...sources.values()].slice(0, cut.sources),
  };
  return encodeEvent(passed) + body.slice(cut.at);
}
