import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { type Chunk, chunkBytes, firstSeq, OUTPUT_TYPES } from "../../protocol/wire/chunk.ts";
import { decodeChunk, encodeChunk } from "../../protocol/wire/line.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import { Log } from "../../src/execution/log/log.ts";
import { executionSteps } from "../../src/execution/state/schema.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { selectLines } from "../../src/reading/select.ts";
import { beginSchema } from "../../src/storage/schema.ts";
import { chunk, clientWith, ended, run } from "./support/world.ts";

/** A chunk without its number: text, bytes that are not UTF-8, or a gap. */
const piece = fc.record({
  output_type: fc.constantFrom(...OUTPUT_TYPES),
  data: fc.oneof(
    { weight: 8, arbitrary: fc.stringMatching(/^[ab\n\u00e9\u{1f600}]{0,12}$/u) },
    { weight: 2, arbitrary: fc.stringMatching(/^[\xff\n]{1,6}$/).map((bytes) => ({ base64: btoa(bytes) })) },
    { weight: 1, arbitrary: fc.constant({ gap: { reason: "agent_lost", bytes: null } } as const) },
  ),
});

const batches = fc.array(fc.array(piece, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
/** Numbers of lines to request: few, and more than the log has. */
const COUNTS = [0, 1, 2, 3, 5, 8, 13, 21, 100_000];

describe("the last lines of a log", () => {
  it("are those of its whole text, for all streams and for each", async () => {
    const property = fc.asyncProperty(batches, (parts) =>
      inLog((log) => {
        const made = write(log, parts);
        for (const only of [undefined, ...OUTPUT_TYPES])
          for (const lines of COUNTS) {
            const types = OUTPUT_TYPES.filter((one) => only === undefined || one === only);
            const { after, from } = log.lastLines({ types, lines });
            const read = parse(selectLines({ type: only, from }).lines(readFrom(log, after)));
            // A reader of one stream also gets the gaps of the others.
            const text = textOf(read.filter(({ output_type }) => types.includes(output_type)));
            const whole = textOf(made.filter(({ output_type }) => types.includes(output_type)));
            expect(text).toBe(lastOf(whole, lines));
          }
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("begin with the gap if the limit has cut out the first of them", async () => {
    const property = fc.asyncProperty(fc.integer({ min: 300, max: 1_500 }), batches, (bytes_max, parts) =>
      inLog((log) => {
        const whole = textOf(write(log, [...parts, [{ output_type: "stdout", data: "end" }]], bytes_max));
        for (const lines of COUNTS) {
          const { after, from } = log.lastLines({ types: OUTPUT_TYPES, lines });
          const read = parse(selectLines({ from }).lines(readFrom(log, after)));
          expect(textOf(read)).toBe(lastKept(parse(readFrom(log, 0)), whole, lines));
        }
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("are empty for a stream without output", async () => {
    await inLog((log) => {
      expect(log.lastLines({ types: OUTPUT_TYPES, lines: 5 })).toEqual({ after: 0 });
      write(log, [[{ output_type: "stdout", data: "a\nb\n" }]]);
      expect(log.lastLines({ types: ["stderr"], lines: 5 })).toEqual({ after: 0 });
      expect(log.lastLines({ types: OUTPUT_TYPES, lines: 0 })).toEqual({ after: 1 });
    });
  });

  it("are counted in bytes that are not UTF-8, and a gap counts as one", async () => {
    const client = clientWith();
    const { id, token } = await run(client);
    const binary = { ...chunk(1, btoa("\xff1\n\xff2\n\xff3\n")), encoding: "base64" as const };
    const gap = { ...chunk(2, "", "other"), gap: { reason: "spool_full" as const, bytes: 7 } };
    await client.append(id, token, [binary, gap, chunk(3, "text\nopen")].map(encodeChunk).join(""));
    await client.end(id, token, ended(3));
    const bytesOf = async (tail: string) =>
      String.fromCharCode(...new Uint8Array(await (await client.output(id, { tail })).arrayBuffer()));
    expect(await bytesOf("1")).toBe("open");
    expect(await bytesOf("2")).toBe("text\nopen");
    expect(await bytesOf("3")).toBe("text\nopen");
    expect(await bytesOf("4")).toBe("\xff3\ntext\nopen");
    expect(await bytesOf("5")).toBe("\xff2\n\xff3\ntext\nopen");
  });
});

interface Piece {
  output_type: Chunk["output_type"];
  data: string | { base64: string } | { gap: NonNullable<Chunk["gap"]> };
}

/** Appends batches. Returns their chunks. */
function write(log: Log, batches: Piece[][], bytes_max = 0): Chunk[] {
  const made: Chunk[] = [];
  for (const pieces of batches) {
    const batch = pieces.map(({ output_type, data }, at): Chunk => {
      const base = chunk(made.length + 1 + at, "", output_type);
      if (typeof data === "string") return { ...base, data };
      return "gap" in data ? { ...base, gap: data.gap } : { ...base, encoding: "base64", data: data.base64 };
    });
    const { body, ...head } = readBatch(batch.map(encodeChunk).join(""));
    log.append({ head, body }, bytes_max);
    made.push(...batch);
  }
  return made;
}

/** The written text, a character for each byte. A gap is a line that no process wrote. */
function textOf(chunks: Chunk[]): string {
  return chunks
    .map((one) => (one.gap ? `<${one.gap.reason}>\n` : String.fromCharCode(...chunkBytes(one))))
    .join("");
}

/** The last lines of a text. The text behind the last line feed is one. */
function lastOf(text: string, count: number): string {
  const lines = text.split(/(?<=\n)/);
  return count === 0 ? "" : lines.slice(-count).join("");
}

/** The last lines of a whole text, from a log that may have cut something out. */
function lastKept(kept: Chunk[], whole: string, count: number): string {
  const text = lastOf(whole, count);
  const cut = kept.find(({ gap }) => gap?.reason === "limit");
  if (!cut || count === 0) return text;
  const head = textOf(kept.filter(({ seq }) => seq < firstSeq(cut)));
  const tail = textOf(kept.filter(({ seq }) => seq > cut.seq));
  const ends = endsIn(whole.slice(0, whole.length - text.length));
  if (ends <= endsIn(head)) return head.slice(whole.length - text.length) + textOf([cut]) + tail;
  const is_in_cut = ends < endsIn(whole) - endsIn(tail);
  return is_in_cut ? textOf([cut]) + tail : text.slice(Math.max(0, text.length - tail.length));
}

function endsIn(text: string): number {
  return text.split("\n").length - 1;
}

function readFrom(log: Log, after: number): string {
  let [lines, seq] = ["", after];
  for (let page = log.pageAfter(seq, 1); page; page = log.pageAfter(seq, 1)) {
    lines += page.lines;
    seq = page.last_seq;
  }
  return lines;
}

function parse(lines: string): Chunk[] {
  return splitLines(lines).map(decodeChunk);
}

function inLog<T>(act: (log: Log) => T): Promise<T> {
  return runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
    beginSchema(storage, executionSteps(new Vault(env)));
    return act(new Log(storage));
  });
}
