import { type Chunk, firstSeq, OUTPUT_TYPES, type OutputType } from "./chunk.ts";
import type { ControlEvent } from "./record.ts";

/**
 * A record as a line. Every chunk is written with the same order of keys, so its fields are found without parsing it. Only this file
 * knows their places.
 */
export function encodeChunk(chunk: Chunk): string {
  const { seq, timestamp, output_type, encoding, host, execution_id, path, gap, data } = chunk;
  return `${JSON.stringify({ seq, timestamp, output_type, encoding, host, execution_id, path, gap, data })}\n`;
}

/** An event as a line. */
export function encodeEvent<E extends { event: string }>(event: E): string {
  return `${JSON.stringify(event)}\n`;
}

/** The chunk of a stored line. The log has checked it, so its schema is not applied again. */
export function decodeChunk(line: string): Chunk {
  return JSON.parse(line);
}

/** The event of a message from one of our own objects. */
export function decodeEvent(message: string): ControlEvent {
  return JSON.parse(message);
}

/** Whether a message of the log is an event. Events and chunks never share a message. */
export function isEvent(message: string): boolean {
  return message.startsWith('{"event":');
}

const SEQ_AT = '{"seq":'.length;
const DATA_KEY = ',"data":';
const GAP_KEY = ',"gap":{';
const ID_KEY = '"execution_id":"';
const PATH_KEY = '"path":"';

/** The length from the comma after the number to the name of the stream: a timestamp has a fixed length. */
const TYPE_AT = ',"timestamp":"2026-11-24T12:00:00.000000Z","output_type":"'.length;

const PLAIN_HEAD =
  /\{"seq":[1-9]\d{0,11},"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","output_type":"(?:stdout|stderr|other)","data":"/y;

/**
 * The place of the first character of the data, if the line at a place begins like nearly all: in canonical form, with text and without
 * a host. 0 if it does not.
 */
export function plainDataAt(lines: string, at: number): number {
  PLAIN_HEAD.lastIndex = at;
  PLAIN_HEAD.test(lines);
  return PLAIN_HEAD.lastIndex;
}

/** The stream of the line at a place, which begins in canonical form. */
export function typeAt(lines: string, at: number): OutputType {
  const type_at = lines.indexOf(",", at + SEQ_AT) + TYPE_AT;
  return OUTPUT_TYPES.find((type) => lines.startsWith(type, type_at)) ?? "other";
}

/** The beginning of the line of a chunk with a sequence number. */
export function lineStart(seq: number): string {
  return `{"seq":${seq},`;
}

/** The sequence number of the line that begins at a place, as text. */
export function seqText(lines: string, at = 0): string {
  return lines.slice(at + SEQ_AT, lines.indexOf(",", at + SEQ_AT));
}

export function seqAt(lines: string, at: number): number {
  return Number(seqText(lines, at));
}

/** The sequence number of the last of some lines. */
export function lastSeq(lines: string): number {
  return seqAt(lines, lines.lastIndexOf("\n", lines.length - 2) + 1);
}

/** A line from the comma after its number on. */
export function fieldsOf(line: string): string {
  return line.slice(line.indexOf(",", SEQ_AT));
}

/** Whether the data of the line at a place is base64. */
export function isEncoded(lines: string, at = 0): boolean {
  const type_ends = lines.indexOf('"', lines.indexOf(",", at + SEQ_AT) + TYPE_AT);
  return lines.startsWith('"encoding"', type_ends + 2);
}

/** The data of the text line that begins at a place and ends, with its line feed, before another. */
export function dataOf(lines: string, at: number, end: number): string {
  return JSON.parse(lines.slice(lines.indexOf(DATA_KEY, at) + DATA_KEY.length, end - 2));
}

/** Whether a line in a parent's log comes from a child. */
export function isAdopted(line: string): boolean {
  return headOf(line, 0).includes(ID_KEY);
}

/** Whether some lines have a gap. In data, a quote has a backslash before it, so data cannot look like the key. */
export function hasGap(lines: string): boolean {
  return lines.includes(GAP_KEY);
}

/** The timestamp is within this many first characters of a line. */
export const TIMESTAMP_CHARS = 100;

export function timestampOf(line: string): string | undefined {
  return /"timestamp":"([^"]+)"/.exec(line.slice(0, TIMESTAMP_CHARS))?.[1];
}

/** A line up to its data: this part has no text of a process. */
function headOf(lines: string, at: number): string {
  return lines.slice(at, lines.indexOf(DATA_KEY, at) + 1);
}

/**
 * Lines without those up to a sequence number. If the number is within a gap of a range, the gap is narrowed. Only that gap is parsed.
 */
export function dropLines(lines: string, seq: number): string {
  let at = 0;
  while (at < lines.length && seqAt(lines, at) <= seq) at = lineEnd(lines, at);
  if (!hasGap(headOf(lines, at))) return lines.slice(at);
  const end = lineEnd(lines, at);
  return encodeChunk(narrowGap(decodeChunk(lines.slice(at, end)), seq + 1)) + lines.slice(end);
}

/** A gap of a range, narrowed to begin at a sequence number. The size of the rest is unknown. */
function narrowGap(chunk: Chunk, first_seq: number): Chunk {
  if (!chunk.gap || firstSeq(chunk) >= first_seq) return chunk;
  return { ...chunk, gap: { ...chunk.gap, bytes: null, first_seq } };
}

/** The end of the line at a place, after its line feed. */
export function lineEnd(lines: string, at: number): number {
  return lines.indexOf("\n", at) + 1;
}

/** The end of the lines from a place on that together have at most a number of characters. A single line may have more. */
export function cutEnd(lines: string, at: number, chars_max: number): number {
  if (lines.length - at <= chars_max) return lines.length;
  const end = lines.lastIndexOf("\n", at + chars_max - 1) + 1;
  return end > at ? end : lineEnd(lines, at);
}

/** A parent's name for an execution whose lines it takes into its log. */
export interface LineLabel {
  execution_id: string;
  name: string;
}

/** Relabels the lines of a child, with new numbers. `relabelGap` rewrites a gap. */
export function relabelLines(
  lines: string,
  first_seq: number,
  { execution_id, name }: LineLabel,
  path_chars_max: number,
  relabelGap: (chunk: Chunk, seq: number) => Chunk,
): string {
  const quoted = JSON.stringify(name).slice(1, -1);
  let relabelled = "";
  let seq = first_seq;
  for (let at = 0; at < lines.length; ) {
    const end = lineEnd(lines, at);
    const head = headOf(lines, at);
    if (hasGap(head)) {
      const gap = relabelGap(decodeChunk(lines.slice(at, end)), seq);
      relabelled += encodeChunk(gap);
      seq = gap.seq + 1;
    } else {
      const label = labelled(fieldsOf(head), execution_id, quoted, path_chars_max);
      relabelled += `{"seq":${seq++}${label}${lines.slice(at + head.length, end)}`;
    }
    at = end;
  }
  return relabelled;
}

/** The fields of a line, with the execution if they do not name one, and with the child's name before the path. */
function labelled(fields: string, execution_id: string, name: string, path_chars_max: number): string {
  const key_at = fields.indexOf(PATH_KEY);
  const id = fields.includes(ID_KEY) ? "" : `${ID_KEY}${execution_id}",`;
  if (key_at === -1) return `${fields}${id}${PATH_KEY}${name}",`;
  const path_at = key_at + PATH_KEY.length;
  // The path is the last of the fields: a comma and a quote end them.
  if (fields.length - path_at + name.length >= path_chars_max) return fields;
  return `${fields.slice(0, path_at)}${name}/${fields.slice(path_at)}`;
}
