import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { FIRST_PART_CHARS } from "../../protocol/base/reader-limits.ts";
import { type Chunk, firstSeq } from "../../protocol/wire/chunk.ts";
import { isChunk, readRecord } from "../../protocol/wire/record.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();

/** A batch of many lines is one row: longer than the first part, and shorter than a follower's credit. */
const LINES = 4_000;
const text = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => `line ${first + at}\n`).join("");

async function connect(id: string, query = ""): Promise<{ messages: string[]; socket: WebSocket }> {
  const { webSocket: socket } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output${query}`, {
    headers: { "st2-api-key": env.TAILRACE_API_KEY, upgrade: "websocket" },
  });
  if (!socket) throw new Error("no WebSocket");
  const messages: string[] = [];
  socket.addEventListener("message", ({ data }) => {
    messages.push(String(data));
  });
  socket.accept();
  return { messages, socket };
}

function outputOf(messages: string[]): Chunk[] {
  const records = messages.flatMap((message) => message.split("\n").slice(0, -1).map(readRecord));
  return records.filter((record) => record !== undefined).filter(isChunk);
}

async function filled(lines = LINES): Promise<{ id: string; token: string }> {
  const { id, token } = await run(client);
  const batch = Array.from({ length: lines }, (_, at) => `line ${1 + at}\n`);
  await client.append(id, token, chunks(1, ...batch));
  return { id, token };
}

describe("a replay", () => {
  it("begins with a small part, and goes on without a grant", async () => {
    const { id, token } = await filled();
    const { messages } = await connect(id);
    await client.end(id, token, ended(LINES));
    await eventually(() => expect(messages.at(-1)).toContain('"event":"end"'));
    const [first = "", second = ""] = messages.filter((message) => message.startsWith('{"seq"'));
    expect(first.length).toBeLessThanOrEqual(FIRST_PART_CHARS);
    expect(first.length).toBeGreaterThan(FIRST_PART_CHARS / 2);
    expect(second.length).toBeGreaterThan(2 * FIRST_PART_CHARS);
    expect(
      outputOf(messages)
        .map(({ data }) => data)
        .join(""),
    ).toBe(text(1, LINES));
  });

  it("is one part, if all of it is small", async () => {
    const { id } = await filled(10);
    const { messages } = await connect(id, "?follow=false");
    await eventually(() => expect(messages.at(-1)).toContain('"event":"up_to_date"'));
    expect(messages.filter((message) => message.startsWith('{"seq"'))).toHaveLength(1);
  });

  it("has each line once, while others are appended and the object sleeps", async () => {
    const { id, token } = await filled();
    const readers: { messages: string[] }[] = [];
    let seq = LINES;
    for (let round = 0; round < 6; round++) {
      readers.push(await connect(id, `?after=${round * 100}`));
      await client.append(id, token, chunks(seq + 1, `line ${seq + 1}\n`, `line ${seq + 2}\n`));
      seq += 2;
      await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    }
    await client.end(id, token, ended(seq));
    for (const [round, { messages }] of readers.entries()) {
      await eventually(() => expect(messages.at(-1)).toContain('"event":"end"'));
      const output = outputOf(messages);
      expect(output.map(firstSeq)).toEqual(
        Array.from({ length: seq - round * 100 }, (_, at) => round * 100 + 1 + at),
      );
    }
  });
});
