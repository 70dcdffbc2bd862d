import { describe, expect, it } from "vitest";
import type { FollowRecord } from "../../protocol/record.ts";
import { chunks, clientWith, ended, run } from "./support/world.ts";

const client = clientWith();

async function readAll(records: AsyncIterable<FollowRecord>): Promise<FollowRecord[]> {
  const all: FollowRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

describe("the output of an execution", () => {
  it.each(["ndjson", "sse"] as const)("is replayed, then live, then ended, by %s", async (transport) => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n", "two\n"));
    const reading = readAll(client.follow(id, { transport }));
    await client.append(id, token, chunks(3, "three\n"));
    await client.end(id, token, ended(3));
    const records = await reading;
    const data = records.flatMap((record) => ("seq" in record ? [[record.seq, record.data]] : []));
    expect(data).toEqual([[1, "one\n"], [2, "two\n"], [3, "three\n"]]);
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 3 });
  });
});
