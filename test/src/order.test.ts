import { describe, expect, it } from "vitest";
import { WAYS, type Way } from "./support/ways.ts";
import { chunks, clientWith, ended, run } from "./support/world.ts";

const client = clientWith();

const ENDS: Record<string, string> = {
  text: "",
  "server-sent events": "EOF",
  "StackStorm's output stream": "EOF",
};
const endOf = ({ name }: Way) => ENDS[name] ?? "succeeded";

const lines = (count: number, from = 1) => Array.from({ length: count }, (_, at) => `line ${from + at}\n`);

describe.each(WAYS)("order by $name", (way) => {
  it("is the order of the writes, and the end is last", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, ...lines(5)));
    const { got } = await way.follow(id);
    for (let seq = 6; seq <= 40; seq++) await client.append(id, token, chunks(seq, `line ${seq}\n`));
    await client.end(id, token, ended(40));
    const { pieces, last } = await got;
    expect(pieces.join("")).toBe(lines(40).join(""));
    expect(last).toBe(endOf(way));
  });

  it("holds for readers that connect around the end, and each of them is told of the end", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, ...lines(3)));
    const readings = [way.follow(id)];
    const last_batch = client.append(id, token, chunks(4, ...lines(2, 4)));
    readings.push(way.follow(id));
    const end = last_batch.then(() => client.end(id, token, ended(5)));
    readings.push(way.follow(id), way.follow(id));
    await last_batch;
    readings.push(way.follow(id), way.follow(id));
    await end;
    readings.push(way.follow(id));
    for (const reading of readings) {
      const { pieces, last } = await (await reading).got;
      expect(pieces.join("")).toBe(lines(5).join(""));
      expect(last).toBe(endOf(way));
    }
  });

  it("is kept by several executions at the same time", async () => {
    const runs = [await run(client), await run(client), await run(client)];
    const readings = await Promise.all(runs.map(({ id }) => way.follow(id)));
    for (let seq = 1; seq <= 10; seq++) {
      await Promise.all(
        runs.map(({ id, token }) => client.append(id, token, chunks(seq, `${seq} of ${id}\n`))),
      );
    }
    await Promise.all(runs.map(({ id, token }) => client.end(id, token, ended(10))));
    for (const [at, { got }] of readings.entries()) {
      const { pieces } = await got;
      const id = runs[at]?.id;
      expect(pieces.join("")).toBe(
        Array.from({ length: 10 }, (_, line) => `${line + 1} of ${id}\n`).join(""),
      );
    }
  });
});
