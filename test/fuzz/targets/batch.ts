import { adoptLines } from "../../../protocol/wire/adopt.ts";
import { readBatch } from "../../../protocol/wire/batch.ts";
import { type Chunk, chunkBytes } from "../../../protocol/wire/chunk.ts";
import { countOf, noLines } from "../../../protocol/wire/counts.ts";
import { dropLines, encodeChunk } from "../../../protocol/wire/line.ts";
import { LineReader } from "../../../protocol/wire/lines.ts";
import { readRecord } from "../../../protocol/wire/record.ts";
import { hashOf, type Random } from "../random.ts";
import { must, mustEqual, type Target } from "../target.ts";

const TIMESTAMP = "2026-11-24T12:00:00.000000Z";
const ID = "6742f0c0012c0123456789ab";

/** An agent's posts: NDJSON of chunks. An accepted batch has one form, and all its readers read the same. */
export const target: Target = {
  covers: [
    "protocol/wire/batch.ts",
    "protocol/wire/plain-lines.ts",
    "protocol/wire/chunk.ts",
    "protocol/wire/lines.ts",
    "protocol/wire/adopt.ts",
    "protocol/base/json.ts",
  ],
  shape: "json lines",
  words: ["stdout", "stderr", "other", "base64", "/+8=", "spool_full", "limit", TIMESTAMP, ID, "seq", "gap"],
  seeds: [
    encodeChunk(chunk(1, "one\ntwo")) + encodeChunk(chunk(2, "three\n")),
    encodeChunk({ ...chunk(7, "/+8="), encoding: "base64", host: "web1" }),
    encodeChunk({ ...chunk(9, ""), gap: { reason: "spool_full", bytes: 12 } }) +
      encodeChunk(chunk(10, "\u001b[1mx\r\n")),
    encodeChunk({ ...chunk(3, ""), gap: { reason: "agent_lost", bytes: null } }),
    `{"data":"other order","output_type":"other","seq":1,"timestamp":"${TIMESTAMP}"}\n`,
  ],
  make: (random) => {
    const first = 1 + random.below(5);
    const count = 1 + random.below(6);
    return Array.from({ length: count }, (_, at) => encodeChunk(anyChunk(first + at, random))).join("");
  },
  run: (input) => {
    const batch = readBatch(input);
    const { body, first_seq, last_seq } = batch;
    mustEqual(readBatch(body), batch, "a batch that is read again is the same");
    const chunks = body
      .trimEnd()
      .split("\n")
      .map((line) => readRecord(line) as Chunk);
    must(chunks.length === last_seq - first_seq + 1, "sequence numbers are dense");
    const heads = (text: string) => text.replaceAll(/,"data":.*/g, "");
    must(
      heads(chunks.map(encodeChunk).join("")) === heads(body),
      "what stands before the data is in its one form",
    );
    const bytes = chunks.reduce((sum, one) => sum + chunkBytes(one).length, 0);
    must(bytes === batch.bytes.stdout + batch.bytes.stderr + batch.bytes.other, "bytes are counted");
    checkLines(chunks, countOf(batch.lines));
    checkCuts(body, first_seq, last_seq);
  },
};

function checkLines(chunks: Chunk[], count: number): void {
  const reader = new LineReader(noLines());
  const lines = chunks.flatMap((one) => reader.read(one));
  must(lines.length === count, "as many lines end as were counted");
  must(
    lines.every(({ number }, at) => number === at + 1),
    "lines are numbered as they end",
  );
}

function checkCuts(body: string, first_seq: number, last_seq: number): void {
  const seq = first_seq + (hashOf(body) % Math.max(1, last_seq - first_seq));
  if (seq < last_seq)
    must(readBatch(dropLines(body, seq)).first_seq === seq + 1, "what follows a number is kept");
  const adopted = adoptLines(body, 1, { execution_id: ID, name: 'a "task"' });
  const own = adopted
    .trimEnd()
    .split("\n")
    .map((line) => readRecord(line) as Chunk);
  must(own.at(-1)?.seq === last_seq - first_seq + 1, "a parent numbers lines anew");
  must(
    own.every(({ execution_id }) => execution_id === ID),
    "a parent's lines say whose they are",
  );
}

function chunk(seq: number, data: string): Chunk {
  return { seq, timestamp: TIMESTAMP, output_type: "stdout", data };
}

function anyChunk(seq: number, random: Random): Chunk {
  const one = {
    ...chunk(seq, random.pick(["", "a\n", "\n\n", "ä\u0000", "no end", '","data":"', "\u2028"])),
  };
  one.output_type = random.pick(["stdout", "stderr", "other"]);
  if (random.oneIn(4)) return { ...one, encoding: "base64", data: random.pick(["/+8=", "AA==", "AAAA", ""]) };
  if (random.oneIn(4)) one.host = random.pick(["web1", 'a","data":"', "ü"]);
  if (!random.oneIn(4)) return one;
  return { ...one, data: "", gap: { reason: "limit", bytes: random.pick([null, 0, 5]) } };
}
