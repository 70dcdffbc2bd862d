import { type Chunk, chunkBytes, type Gap } from "../../../protocol/wire/chunk.ts";
import type { Journal, Violation } from "../facts.ts";
import { type Script, type StreamName, streamText } from "../programs/lines.ts";

/** The content of one stream between two gaps. */
interface Segment {
  bytes: Buffer;
  /** How much of the written output is missing before it. */
  missing: number;
}

const STREAMS = ["stdout", "stderr"] as const;

/**
 * Checks a program's output in the log against the program's notes: each byte occurs once and in its place, or is covered by a
 * gap of the right size.
 */
export function checkWritten(
  execution: string,
  script: Script,
  chunks: readonly Chunk[],
  journal: Journal | undefined,
): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) => found.push({ execution, rule, text });
  const gaps = chunks.flatMap(({ gap }) => gap ?? []);
  const matched = STREAMS.map((stream) => {
    const segments = segmentsOf(chunks, stream);
    const all = streamText(execution, script, stream, journal?.about ?? 0);
    const sure = streamText(execution, script, stream, journal?.written ?? 0).length;
    return { stream, all, sure, ...match(segments, all, sure) };
  });
  for (const { stream, wrong } of matched) if (wrong) violate("bytes", `${stream}: ${wrong}`);
  if (found.length > 0) return found;
  for (const { stream, segments, end, sure } of matched) {
    const is_told = segments.at(-1)?.bytes.length === 0;
    if (end < sure && !is_told)
      violate(
        "lost",
        `${stream}: the last ${sure - end} bytes that were written are not there, and no gap says so`,
      );
  }
  const missing_min = sum(
    matched.map(({ segments, end, sure }) => missingIn(segments) + Math.max(0, sure - end)),
  );
  const missing_max = sum(matched.map(({ segments, end, all }) => missingIn(segments) + all.length - end));
  found.push(...checkSizes(execution, gaps, missing_min, missing_max));
  for (const [at, gap] of gaps.entries()) {
    const around = matched.map(({ segments }) => [segments[at], segments[at + 1]]);
    if (gap.bytes === null || around.some((pair) => pair.some((segment) => !segment?.bytes.length))) continue;
    const missing = sum(matched.map(({ segments }) => segments[at + 1]?.missing ?? 0));
    if (missing !== gap.bytes)
      violate("gap", `a gap says ${gap.bytes} bytes (${gap.reason}), and ${missing} are missing`);
  }
  return found;
}

/** Checks the sum of the gaps' sizes, unless one of them is unknown. */
function checkSizes(execution: string, gaps: Gap[], missing_min: number, missing_max: number): Violation[] {
  if (gaps.length === 0) return [];
  const told = sum(gaps.map(({ bytes }) => bytes ?? 0));
  const is_known = gaps.every(({ bytes }) => bytes !== null);
  if (told <= missing_max && (!is_known || told >= missing_min)) return [];
  const range = missing_min === missing_max ? `${missing_min}` : `${missing_min} to ${missing_max}`;
  return [{ execution, rule: "gap", text: `the gaps say ${told} bytes, and ${range} are missing` }];
}

/** A stream's bytes, cut at each gap of the log, on any stream. */
function segmentsOf(chunks: readonly Chunk[], stream: StreamName): Buffer[] {
  const segments: Uint8Array[][] = [[]];
  for (const chunk of chunks) {
    if (chunk.gap) segments.push([]);
    else if (chunk.output_type === stream) segments.at(-1)?.push(chunkBytes(chunk));
  }
  return segments.map((parts) => Buffer.concat(parts));
}

/** Finds each segment in the written output, behind the one before. `end` is the end of the last one. */
function match(
  parts: Buffer[],
  all: Buffer,
  sure: number,
): { segments: Segment[]; end: number; wrong?: string } {
  const segments: Segment[] = [];
  let end = 0;
  for (const [at, bytes] of parts.entries()) {
    const is_last = at === parts.length - 1;
    const found =
      bytes.length === 0
        ? end
        : at === 0
          ? startsAt(all, bytes)
          : is_last
            ? lastAt(all, bytes, end, sure)
            : all.indexOf(bytes, end);
    if (found === -1) return { segments, end, wrong: difference(all, bytes, end) };
    segments.push({ bytes, missing: found - end });
    end = found + bytes.length;
  }
  return { segments, end };
}

/** A piece of padding fits many places. It is taken at the end if it fits there. */
function lastAt(all: Buffer, bytes: Buffer, from: number, sure: number): number {
  const first = all.indexOf(bytes, from);
  const last = all.lastIndexOf(bytes);
  return last >= from && last + bytes.length >= sure ? last : first;
}

function startsAt(all: Buffer, bytes: Buffer): number {
  return all.subarray(0, bytes.length).equals(bytes) ? 0 : -1;
}

/** The first place where the log differs from the written output, in words. */
function difference(all: Buffer, bytes: Buffer, end: number): string {
  let at = 0;
  while (at < bytes.length && bytes[at] === all[end + at]) at++;
  const shown = (buffer: Buffer, from: number) =>
    JSON.stringify(buffer.subarray(Math.max(0, from - SHOWN_BYTES), from + SHOWN_BYTES).toString());
  return `at byte ${end + at} there is ${shown(bytes, at)}, where ${shown(all, end + at)} was written`;
}

const SHOWN_BYTES = 60;

function missingIn(segments: Segment[]): number {
  return sum(segments.map(({ missing }) => missing));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
