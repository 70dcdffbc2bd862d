import { readBatch } from "../../../../protocol/wire/batch.ts";
import { type Chunk, chunkBytes, OUTPUT_TYPES } from "../../../../protocol/wire/chunk.ts";
import { countOf, noLines } from "../../../../protocol/wire/counts.ts";
import { decodeChunk, encodeChunk } from "../../../../protocol/wire/line.ts";
import { LineReader, lineCount, type PassedEvent } from "../../../../protocol/wire/lines.ts";
import { splitLines } from "../../../../protocol/wire/ndjson.ts";
import { adoptedBatches } from "../../../../src/execution/log/adopted.ts";
import { blankRow, LogSearch } from "../../../../src/execution/log/redact-log.ts";
import { binaryOf } from "../../../../src/execution/log/redact-text.ts";
import { startIn, type TailRow } from "../../../../src/execution/log/tail.ts";
import type { LinesPage } from "../../../../src/objects/log.ts";
import { sseFrames, TEXT_FRAMES } from "../../../../src/reading/formats/format.ts";
import { keepEnd } from "../../../../src/reading/pages/keep-end.ts";
import { passOver } from "../../../../src/reading/pages/pass-over.ts";
import { searchLog } from "../../../../src/reading/pages/search.ts";
import { selectLines } from "../../../../src/reading/select.ts";
import { outputFrames } from "../../../../src/reading/stream/frames.ts";
import { hashOf, Random } from "../../random.ts";
import { must, type Target } from "../../target.ts";

const TIMESTAMP = "2026-11-24T12:00:00.000000Z";
const ID = "6742f0c0012c0123456789ab";

/** The server's answers to readers of a batch: text, events, one stream, the last lines, matches. */
export const target: Target = {
  covers: [
    "output/frames.ts",
    "output/keep-end.ts",
    "output/pass-over.ts",
    "output/search.ts",
    "output/select.ts",
    "log/tail.ts",
    "stream/frames.ts",
    "execution/adopted.ts",
    "execution/redact-log.ts",
    "execution/redact-search.ts",
    "execution/redact-text.ts",
    "protocol/wire/lines.ts",
    "protocol/wire/sse.ts",
    "protocol/wire/chunk.ts",
  ],
  shape: "json lines",
  chars_max: 16_384,
  words: [
    "stdout",
    "stderr",
    "base64",
    "/+8=",
    "\\u001b[1A",
    "\\n",
    "\\r",
    '","data":"',
    '{"seq":',
    '"encoding"',
    '"execution_id":"',
    "needle",
  ],
  seeds: [
    line(1, "one\ntw") + line(2, "o needle\n") + line(3, "err\n", "stderr"),
    encodeChunk({ ...chunk(7, "/+8="), encoding: "base64" }) + line(8, "\u001b[1Aup\nx"),
    encodeChunk({ ...chunk(9, ""), gap: { reason: "limit", bytes: null } }) + line(10, "after"),
    encodeChunk({ ...chunk(4, 'a","data":"b'), host: 'web1"' }) + line(5, '{"seq":5,"encoding":1'),
  ],
  run: async (input) => {
    const { body, first_seq, last_seq, lines } = readBatch(input);
    const chunks = body
      .trimEnd()
      .split("\n")
      .map((one): Chunk => JSON.parse(one));
    const raw = Buffer.concat(chunks.map(chunkBytes));
    must(raw.equals(TEXT_FRAMES.output(body)), "text is what the process wrote");
    const events = new TextDecoder()
      .decode(sseFrames(originOf(input), true).output(body))
      .split("\n\n")
      .slice(0, -1);
    must(
      events.length === chunks.length &&
        events.every((one) => /^id: \d+\nevent: [\w.]+\ndata: \{[^\n]*\}$/.test(one)),
      "each chunk is one event",
    );
    outputFrames({ id: ID, action: { ref: "core.local" }, runner: { name: "noop" } }, body);
    const random = new Random(hashOf(input));
    const type = random.pick(OUTPUT_TYPES);
    checkLines(passOver(body, [type]), lines[type], type);
    if (!chunks.some(({ data }) => data.includes("\u001b[")))
      checkLines(keepEnd(body, random.below(body.length + 1)), undefined);
    for (const one of selectLines({ type })
      .lines(body)
      .split("\n")
      .filter((text) => text !== ""))
      must(
        [type, JSON.parse(one).gap && JSON.parse(one).output_type].includes(JSON.parse(one).output_type),
        "one stream is that stream",
      );
    checkTail({ first_seq, last_seq, body }, chunks, countOf(lines), random);
    await checkSearch(chunks, body, random);
    checkRedaction(chunks, body, first_seq);
    const head = { first_seq, last_seq, bytes: { stdout: 0, stderr: 0, other: 0 }, gaps: 0, lines };
    must(
      adoptedBatches({ head, body }, 5, { execution_id: ID, name: "task" }).at(-1)?.head.last_seq ===
        5 + last_seq - first_seq,
      "a parent numbers lines anew",
    );
  },
};

/** An execution of its own, as the output is framed only once for each. */
function originOf(input: string) {
  const execution_id = hashOf(input).toString(16).padStart(24, "0");
  return { execution_id, action_ref: "core.local", runner_ref: "local-shell-cmd" };
}

/** Checks that after a line end of a row, as many lines end as the row still has. */
function checkTail(row: TailRow, chunks: Chunk[], ends_in_row: number, random: Random): void {
  if (ends_in_row === 0) return;
  const ends = 1 + random.below(ends_in_row);
  const { after, from } = startIn(row, OUTPUT_TYPES, { ends, ends_in_row });
  must(after >= row.first_seq - 1 && after <= row.last_seq, "the last lines begin within the row");
  const behind = chunks.filter(({ seq }) => seq > after).map(encodeChunk);
  const rest = splitLines(selectLines({ from }).lines(behind.join(""))).map(decodeChunk);
  const ended = rest.reduce((count, one) => count + lineCount(one), 0);
  must(ended === ends_in_row - ends, "the last lines are as many as were asked for");
}

/** Checks that lines keep their numbers, whatever is left out. */
function checkLines(kept: string, wanted: number | undefined, type?: Chunk["output_type"]): void {
  const reader = type === undefined ? new LineReader(noLines()) : new LineReader(noLines(), [type]);
  let count = 0;
  for (const text of kept.split("\n")) {
    if (text === "") continue;
    const record: Chunk | PassedEvent = JSON.parse(text);
    if ("event" in record) reader.pass(record);
    else count += reader.read(record).length;
  }
  if (wanted !== undefined) must(count === wanted, "each line of the stream is there");
  must(countOf(reader.counts) >= count, "lines that are left out count");
}

async function checkSearch(chunks: Chunk[], body: string, random: Random): Promise<void> {
  const types = [...OUTPUT_TYPES];
  const reader = new LineReader(noLines());
  for (const one of chunks) reader.read(one);
  const total = reader.counts;
  const batch = {
    first_seq: chunks[0]?.seq ?? 1,
    last_seq: chunks.at(-1)?.seq ?? 1,
    before: noLines(),
    after: total,
    body,
  };
  const page: LinesPage = { batches: [batch], total, last_seq: batch.last_seq };
  const data = chunks[random.below(chunks.length)]?.data ?? "";
  const query = {
    query: data.slice(0, 4) || "a",
    regex: random.oneIn(2),
    match_case: random.oneIn(2),
    types,
    place: 1,
    from_seq: 1,
    limit: 10,
  };
  try {
    const found = await searchLog(async () => page, true, query);
    must(
      found.matches.every(({ place }, at) => place > (found.matches[at - 1]?.place ?? 0)),
      "matches come in order",
    );
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "invalid")) throw error;
  }
}

/** Checks that the redacted text is gone, and that all other text keeps its length. */
function checkRedaction(chunks: Chunk[], body: string, first_seq: number): void {
  const text = chunks
    .find(({ data, encoding }) => encoding === undefined && data.length >= 4)
    ?.data.slice(0, 4);
  if (text === undefined || /[\r\n*]/.test(text)) return;
  const sought = binaryOf(new TextEncoder().encode(text));
  const found = new LogSearch([sought]).read({ first_seq, body });
  const blanked = blankRow(body, found);
  const bytes = (whole: string) =>
    Buffer.concat(
      whole
        .trimEnd()
        .split("\n")
        .map((one) => chunkBytes(JSON.parse(one))),
    );
  must(bytes(blanked).length === bytes(body).length, "what was taken out leaves its length");
  must(
    new LogSearch([sought]).read({ first_seq, body: blanked }).length === 0,
    "what was taken out is not there",
  );
}

function line(seq: number, data: string, output_type: Chunk["output_type"] = "stdout"): string {
  return encodeChunk({ ...chunk(seq, data), output_type });
}

function chunk(seq: number, data: string): Chunk {
  return { seq, timestamp: TIMESTAMP, output_type: "stdout", data };
}
