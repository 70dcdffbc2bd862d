import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Reading, WAYS } from "./support/ways.ts";
import { chunks, clientWith, ended, run } from "./support/world.ts";

const client = clientWith();
const line = (seq: number) => `line ${seq}\n`;
const text = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => line(first + at)).join("");

describe.each(WAYS)("each line exactly once by $name", (way) => {
  it("when the producer repeats batches", async () => {
    const { id, token } = await run(client);
    const { got } = await way.follow(id);
    for (let seq = 1; seq <= 10; seq++) {
      const batch = chunks(seq, line(seq));
      await client.append(id, token, batch);
      // The acknowledgement was lost: the same batch comes again, and an earlier one.
      await client.append(id, token, batch);
      await client.append(id, token, chunks(1, line(1)));
    }
    await client.end(id, token, ended(10));
    await client.end(id, token, ended(10));
    expect((await got).pieces.join("")).toBe(text(1, 10));
  });

  it("when the object sleeps and wakes between two batches", async () => {
    const { id, token } = await run(client);
    const { got } = await way.follow(id);
    for (let seq = 1; seq <= 6; seq++) {
      await client.append(id, token, chunks(seq, line(seq)));
      await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    }
    await client.end(id, token, ended(6));
    expect((await got).pieces.join("")).toBe(text(1, 6));
  });

  it.runIf(way.resumes)("from any of them on, before and after the end", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, line(1), line(2), line(3)));
    await client.append(id, token, chunks(4, line(4), line(5)));
    const live = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (after) => ({ after, ...(await way.follow(id, after)) })),
    );
    await client.append(id, token, chunks(6, line(6)));
    await client.end(id, token, ended(6));
    for (const { after, got } of live) expect((await got).pieces.join("")).toBe(text(after + 1, 6));
    for (let after = 0; after <= 6; after++) {
      const { pieces } = await (await way.follow(id, after)).got;
      expect(pieces.join("")).toBe(text(after + 1, 6));
    }
  });

  it("for many readers, some of whom come late", async () => {
    const { id, token } = await run(client);
    const readings: Promise<Reading>[] = [];
    for (let seq = 1; seq <= 20; seq++) {
      readings.push(way.follow(id));
      await client.append(id, token, chunks(seq, line(seq)));
    }
    await client.end(id, token, ended(20));
    for (const reading of readings) expect((await (await reading).got).pieces.join("")).toBe(text(1, 20));
  });
});
