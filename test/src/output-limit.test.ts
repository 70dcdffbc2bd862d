import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { CHUNK_OVERHEAD_BYTES } from "../../protocol/base/limits.ts";
import { adoptLines } from "../../protocol/wire/adopt.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { type Chunk, firstSeq } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { Log } from "../../src/execution/log/log.ts";
import { executionSteps } from "../../src/execution/state/schema.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { beginSchema } from "../../src/storage/schema.ts";
import { readAll } from "./support/events.ts";
import { chunk, chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

/** One step of the property: the sizes of a batch's chunks, and a reader that may read a page. */
const step = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 }),
  reader: fc.integer({ min: 0, max: 3 }),
  reads: fc.boolean(),
  wakes: fc.boolean(),
});

/** A reader's cursor, and the chunks that it has read. */
interface Reader {
  cursor: number;
  got: Chunk[];
}

describe("a log beyond its limit", () => {
  it("keeps its head and its tail, and gives each reader each chunk once or a gap for it", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 500, max: 8_000 }),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      (bytes_max, steps) =>
        runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
          beginSchema(storage, executionSteps(new Vault(env)));
          let log = new Log(storage);
          const made: Chunk[] = [];
          const readers: Reader[] = [0, 1, 2, 3].map(() => ({ cursor: 0, got: [] }));
          for (const { sizes, reader, reads, wakes } of steps) {
            const first = made.length + 1;
            const batch = sizes.map((size, at) => madeChunk(first + at, size));
            made.push(...batch);
            const { body, ...head } = readBatch(batch.map(encodeChunk).join(""));
            log.append({ head, body }, bytes_max);
            if (wakes) log = new Log(storage);
            const chosen = readers[reader];
            if (reads && chosen) readPage(log, chosen);
          }
          expect(log.next).toBe(made.length + 1);
          expect(log.totals.bytes.stdout).toBe(bytesOf(made));
          for (const reader of readers) {
            while (readPage(log, reader));
            proveWhole(reader.got, made, 0);
          }
          const kept = readFrom(log, 0);
          const gaps = kept.filter(({ gap }) => gap !== undefined);
          expect(gaps.length).toBeLessThanOrEqual(1);
          expect(log.totals.gaps).toBe(gaps.length);
          for (let after = 0; after <= made.length; after++) proveWhole(readFrom(log, after), made, after);
          proveBatches(log);
          proveBounds(kept, made, bytes_max, steps);
        }),
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("states the number of bytes in its gap", async () => {
    await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
      beginSchema(storage, executionSteps(new Vault(env)));
      const log = new Log(storage);
      for (let seq = 1; seq <= 100; seq++) append(log, [madeChunk(seq, 100)], 4_000);
      const kept = readFrom(log, 0);
      const gap = kept.find(({ gap }) => gap !== undefined);
      expect(gap?.gap?.bytes).toBe(100 * (100 - (kept.length - 1)));
      expect(gap && gap.seq - firstSeq(gap) + 1).toBe(100 - (kept.length - 1));
      // From within the gap, the number is unknown.
      const within = readFrom(log, 50)[0];
      expect(within).toMatchObject({ seq: gap?.seq, gap: { reason: "limit", bytes: null, first_seq: 51 } });
    });
  });

  it("keeps everything without a limit", async () => {
    await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
      beginSchema(storage, executionSteps(new Vault(env)));
      const log = new Log(storage);
      for (let seq = 1; seq <= 50; seq++) append(log, [madeChunk(seq, 400)], 0);
      expect(readFrom(log, 0)).toHaveLength(50);
    });
  });

  it("keeps its sequence numbers in its parent's log", () => {
    const gap = { reason: "limit" as const, bytes: 7, first_seq: 3 };
    const lines = [chunk(2, "a"), { ...chunk(9, ""), gap }, chunk(10, "b")].map(encodeChunk).join("");
    const adopted = adoptLines(lines, 21, { execution_id: "a".repeat(24), name: "web1" });
    expect(parse(adopted).map(({ seq, gap }) => [gap?.first_seq ?? seq, seq])).toEqual([
      [21, 21],
      [22, 28],
      [29, 29],
    ]);
  });
});

describe("an output beyond its limit", () => {
  beforeAll(() =>
    client.register({
      actions: [
        {
          pack: "limited",
          name: "chatter",
          runner_type: "local-shell-cmd",
          tags: [{ name: "tailrace.output_bytes_max", value: "20000" }],
        },
      ],
    }),
  );

  it("is complete for followers, and has a gap for later readers, in every form", async () => {
    const { id, token } = await run(client, { action: "limited.chatter" });
    const live = client.follow(id, { transport: "ndjson" });
    await live.next();
    const text = (seq: number) => `line ${seq} ${"x".repeat(200)}\n`;
    const seen: number[] = [];
    for (let seq = 1; seq <= 300; seq++) {
      await client.append(id, token, chunks(seq, text(seq)));
      const { value } = await live.next();
      if (value && isChunk(value)) seen.push(value.seq);
    }
    await client.end(id, token, ended(300));
    expect(seen).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
    const produced = Array.from({ length: 300 }, (_, at) => text(at + 1));
    expect((await readAll(live)).at(-1)).toMatchObject({ event: "end", last_seq: 300, gaps: 1 });

    const records = await readAll(client.follow(id));
    const read = records.filter(isChunk);
    const gap = read.find(({ gap }) => gap !== undefined);
    if (!gap) throw new Error("no gap");
    proveWhole(
      read,
      produced.map((data, at) => chunk(at + 1, data)),
      0,
    );
    expect(await readAll(client.follow(id, { transport: "sse" }))).toEqual(records);
    const kept = produced.filter((_, at) => at + 1 < firstSeq(gap) || at + 1 > gap.seq);
    expect(await (await client.output(id)).text()).toBe(kept.join(""));
    expect(await (await client.output(id, { tail: "3" })).text()).toBe(produced.slice(-3).join(""));
    expect(await (await client.output(id, { tail: "1000" })).text()).toBe(kept.join(""));
    const { output } = await client.get(id);
    expect(output?.bytes.stdout).toBe(produced.join("").length);

    // A reader that was cut off within the later gap continues with the rest of it.
    for (const [transport, after] of [
      ["ndjson", 100],
      ["sse", 100],
      ["sse", 101],
    ] as const) {
      const [first, ...rest] = (await readAll(client.follow(id, { after, transport }))).filter(isChunk);
      const rest_of_gap = { reason: "limit", bytes: null, first_seq: after + 1 };
      expect(first).toMatchObject({ seq: gap.seq, gap: rest_of_gap });
      expect(rest).toEqual(read.filter(({ seq }) => seq > gap.seq));
    }
    // The id of a gap is that of its last chunk, so that an EventSource continues behind it.
    const events = await fetchWorker(`${ORIGIN}/stream/v1/executions/${id}/output`, {
      headers: { ...headers, "last-event-id": String(gap.seq) },
    });
    expect(await events.text()).toMatch(new RegExp(`^id: ${gap.seq + 1}\nevent: st2`));
  });

  it("is cut by the log only: a producer may not leave out a range of numbers", async () => {
    const { id, token } = await run(client, { action: "limited.chatter" });
    const gap = { reason: "limit" as const, bytes: 7, first_seq: 1 };
    await expect(client.append(id, token, encodeChunk({ ...chunk(1, ""), gap }))).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

function madeChunk(seq: number, size: number): Chunk {
  return chunk(seq, String(seq).padEnd(size, "."));
}

function append(log: Log, batch: Chunk[], bytes_max: number): void {
  const { body, ...head } = readBatch(batch.map(encodeChunk).join(""));
  log.append({ head, body }, bytes_max);
}

function parse(lines: string): Chunk[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function bytesOf(all: Chunk[]): number {
  return all.reduce((sum, { data }) => sum + data.length, 0);
}

/** Reads one small page, as a slow follower does. False at the end. */
function readPage(log: Log, reader: Reader): boolean {
  const page = log.pageAfter(reader.cursor, 1);
  if (!page) return false;
  reader.got.push(...parse(page.lines));
  reader.cursor = page.last_seq;
  return true;
}

function readFrom(log: Log, cursor: number): Chunk[] {
  const reader: Reader = { cursor, got: [] };
  while (readPage(log, reader));
  return reader.got;
}

/** The chunks that were read are dense and unchanged, and a gap covers each missing one. */
function proveWhole(got: Chunk[], made: Chunk[], after: number): void {
  let seq = after;
  for (const each of got) {
    expect(firstSeq(each)).toBe(seq + 1);
    if (each.gap) {
      const missing = made.slice(firstSeq(each) - 1, each.seq);
      if (each.gap.bytes !== null) expect(each.gap.bytes).toBe(bytesOf(missing));
    } else expect(each).toEqual(made[seq]);
    seq = each.seq;
  }
  expect(seq).toBe(made.length);
}

/** The batches for a parent count the bytes and gaps of their lines. */
function proveBatches(log: Log): void {
  let cursor = 0;
  for (let batch = log.batchAfter(cursor); batch; batch = log.batchAfter(cursor)) {
    const lines = parse(batch.body);
    expect(batch.head.first_seq).toBe(cursor + 1);
    expect(lines.map(firstSeq)[0]).toBe(cursor + 1);
    expect(lines.at(-1)?.seq).toBe(batch.head.last_seq);
    expect(batch.head.bytes.stdout).toBe(bytesOf(lines));
    expect(batch.head.gaps).toBe(lines.filter(({ gap }) => gap !== undefined).length);
    cursor = batch.head.last_seq;
  }
}

/** The kept output is near the limit: at most a batch above it, and not much below it after a cut. */
function proveBounds(kept: Chunk[], made: Chunk[], bytes_max: number, steps: { sizes: number[] }[]): void {
  const sizeOf = (all: Chunk[]) =>
    all.reduce((sum, { data, gap }) => sum + (gap ? 0 : data.length + CHUNK_OVERHEAD_BYTES), 0);
  const batch_max = Math.max(
    ...steps.map(({ sizes }) =>
      sizes.reduce((sum, size) => sum + Math.max(size, 5) + CHUNK_OVERHEAD_BYTES, 0),
    ),
  );
  expect(sizeOf(kept)).toBeLessThanOrEqual(bytes_max + 2 * batch_max);
  if (sizeOf(made) > bytes_max) expect(sizeOf(kept)).toBeGreaterThanOrEqual((bytes_max * 7) / 8 - batch_max);
}
