import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { dataOf, readAll } from "./support/events.ts";
import { chunk, chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

function get(path: string, more: Record<string, string> = {}): Promise<Response> {
  return fetchWorker(ORIGIN + path, { headers: { ...headers, ...more } });
}

/** An ended execution with this output. */
async function finished(...data: string[]): Promise<string> {
  const { id, token } = await run(client);
  if (data.length > 0) await client.append(id, token, chunks(1, ...data));
  await client.end(id, token, ended(data.length));
  return id;
}

describe("the output of an execution", () => {
  it.each(["ndjson", "sse"] as const)("is replayed, then live, then ended, by %s", async (transport) => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n", "two\n"));
    const reading = readAll(client.follow(id, { transport }));
    await client.append(id, token, chunks(3, "three\n"));
    await client.end(id, token, ended(3));
    const records = await reading;
    const completed = records.filter((record) => "status" in record && record.status === "succeeded");
    expect(completed).toEqual([records.at(-1)]);
    expect(dataOf(records)).toEqual([
      [1, "one\n"],
      [2, "two\n"],
      [3, "three\n"],
    ]);
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", exit_code: 0, last_seq: 3 });
  });

  it("states the log's last number on connect, so that a reader knows how far it is behind", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n", "two\n", "three\n"));
    const records = client.follow(id, { after: 1 });
    const { value } = await records.next();
    expect(value).toMatchObject({ event: "status", status: "running", last_seq: 3 });
    await records.return();
  });

  it("starts behind any sequence number, also within a batch", async () => {
    const id = await finished("one\n", "two\n", "three\n", "four\n");
    for (let after = 0; after <= 4; after++) {
      const seqs = dataOf(await readAll(client.follow(id, { after }))).map(([seq]) => seq);
      expect(seqs).toEqual([1, 2, 3, 4].filter((seq) => seq > after));
    }
  });

  it("starts with the last lines, however the chunks are cut", async () => {
    const id = await finished("a\nb", "c\n\nd", "\n", "e\nunfinished");
    const text = "a\nbc\n\nd\ne\nunfinished";
    const lines = text.split(/(?<=\n)/);
    for (let tail = 0; tail <= lines.length + 1; tail++) {
      const read = await (await get(`/v1/executions/${id}/output?tail=${tail}`)).text();
      expect(read).toBe(tail === 0 ? "" : lines.slice(-tail).join(""));
    }
  });

  it("counts the last lines of the requested stream only", async () => {
    const { id, token } = await run(client);
    const body = [
      chunk(1, "out 1\nout 2\n"),
      chunk(2, "err 1\n", "stderr"),
      chunk(3, "out 3\n"),
      chunk(4, "err 2\n", "stderr"),
    ];
    await client.append(id, token, body.map(encodeChunk).join(""));
    await client.end(id, token, ended(4));
    const read = async (query: string) => (await get(`/v1/executions/${id}/output?${query}`)).text();
    expect(await read("output_type=stdout&tail=2")).toBe("out 2\nout 3\n");
    expect(await read("type=stderr&tail=1")).toBe("err 2\n");
    expect(await read("output_type=stderr")).toBe("err 1\nerr 2\n");
    expect(await read("output_type=all")).toBe("out 1\nout 2\nerr 1\nout 3\nerr 2\n");
    expect(await read("output_type=married")).toBe("");
  });

  it("ends at the log's current end when it is not followed", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "so far\n"));
    expect(await (await get(`/v1/executions/${id}/output?follow=false`)).text()).toBe("so far\n");
    const records = await readAll(client.follow(id, { follow: false }));
    expect(records.at(-1)).toEqual({ event: "up_to_date", last_seq: 1 });
  });

  it("is StackStorm's on the stream service: its event, its fields, its EOF", async () => {
    const { id, token } = await run(client);
    const raw = { ...chunk(2, btoa("\xff\xfe")), encoding: "base64" as const };
    await client.append(id, token, chunks(1, "line 1\n") + encodeChunk(raw));
    await client.end(id, token, ended(2));
    const response = await get(`/stream/v1/executions/${id}/output`);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=UTF-8");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    const [first, second, eof] = (await response.text()).split("\n\n");
    expect(first).toMatch(/^id: 1\nevent: st2\.execution\.output__create\ndata: /);
    expect(JSON.parse(first?.split("data: ")[1] ?? "")).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      execution_id: id,
      action_ref: "core.local",
      runner_ref: "local-shell-cmd",
      timestamp: "2026-11-24T12:00:00.000000Z",
      output_type: "stdout",
      data: "line 1\n",
    });
    expect(JSON.parse(second?.split("data: ")[1] ?? "")).toMatchObject({
      data: "\ufffd\ufffd",
      data_base64: raw.data,
    });
    expect(eof).toBe("id: 3\nevent: EOF\ndata: ''");
  });

  it("tells an EventSource that has seen EOF to stop, and sends EOF to one that has not", async () => {
    const id = await finished("line\n");
    const path = `/stream/v1/executions/${id}/output`;
    expect(await (await get(path, { "last-event-id": "1" })).text()).toContain("event: EOF");
    expect((await get(path, { "last-event-id": "2" })).status).toBe(204);
  });

  it("continues for its followers after the object is evicted", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "before\n"));
    const transports = ["ndjson", "sse"] as const;
    const followers = transports.map((transport) => client.follow(id, { transport, onReconnect: fail }));
    const heads = await Promise.all(
      followers.map(async (follower) => [await follower.next(), await follower.next()]),
    );
    expect(heads.map(([, second]) => second?.value)).toMatchObject([
      { data: "before\n" },
      { data: "before\n" },
    ]);
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    await client.append(id, token, chunks(2, "after\n"));
    await client.end(id, token, ended(2));
    for (const follower of followers) expect(dataOf(await readAll(follower))).toEqual([[2, "after\n"]]);
  });
});

describe("a reader of a region in RELAY_REGIONS", () => {
  const follow = (id: string, cf: object) =>
    fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?format=ndjson`, { headers, cf } as RequestInit);
  const socketsOf = (object: DurableObjectStub) =>
    runInDurableObject(object, (_, state) => state.getWebSockets().length);

  it("follows at a relay there from the first one on, which gets each line from the execution", async () => {
    const { id, token } = await run(client);
    const near = await follow(id, { continent: "EU", longitude: "2.3" });
    const far = [await follow(id, { continent: "OC" }), await follow(id, { continent: "OC" })];
    await client.append(id, token, chunks(1, "line\n"));
    expect(await socketsOf(env.EXECUTION.getByName(id))).toBe(1);
    expect(await socketsOf(env.RELAY.getByName(`${id}/oc/0`))).toBe(2);
    await client.end(id, token, ended(1));
    for (const response of [near, ...far])
      expect(await response.text()).toMatch(/"data":"line\\n".*"event":"end"/s);
  });
});

function fail(error: unknown): void {
  throw error;
}
