import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { EventHub } from "../../src/hub/hub.ts";
import { eventually } from "./support/eventually.ts";
import { openStream, type StreamReader } from "./support/stream.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };
const ALL = "st2.execution__*,st2.execution.output__create";

async function open(query: Record<string, string> = {}): Promise<StreamReader> {
  const reader = await openStream(`/stream/v1/stream?${new URLSearchParams(query)}`);
  onTestFinished(() => reader.close());
  return reader;
}

/** The request of `st2 execution tail`. */
const tail = (id: string, more: Record<string, string> = {}) =>
  open({
    end_event: "st2.execution__update",
    end_execution_id: id,
    events: "st2.execution__update,st2.execution.output__create",
    ...more,
  });

afterEach(() => vi.restoreAllMocks());

describe("the event stream", () => {
  it("sends every change of an execution after its headers, once and in order", async () => {
    const stream = await open({ events: "st2.execution__*" });
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const told = await stream.until(({ body }) => body.id === id && body.status === "succeeded");
    expect(told.filter(({ body }) => body.id === id).map(({ name, body }) => [name, body.status])).toEqual([
      ["st2.execution__create", "requested"],
      ["st2.execution__update", "scheduled"],
      ["st2.execution__update", "running"],
      ["st2.execution__update", "succeeded"],
    ]);
    const last = told.at(-1)?.body;
    expect(last).toMatchObject({
      result: { return_code: 0 },
      action: { ref: "core.local" },
      log: { length: 4 },
    });
  });

  it("sends output only to those who ask for it, and liveactions to all", async () => {
    const stream = await open();
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "unasked\n"));
    await client.end(id, token, ended(1));
    const told = await stream.until(
      ({ name, body }) => name === "st2.liveaction__update" && body.status === "succeeded",
    );
    const names = new Set(told.map(({ name }) => name));
    expect([...names].sort()).toEqual([
      "st2.execution__create",
      "st2.execution__update",
      "st2.liveaction__create",
      "st2.liveaction__update",
    ]);
    const liveaction = told.at(-1)?.body;
    expect(liveaction).toMatchObject({ action: "core.local", parameters: { cmd: "true" } });
    expect(id).toMatch(/^[0-9a-f]{24}$/);
  });

  it("sends output before the completing change of its execution, also for executions that began before", async () => {
    const before = await run(client);
    await client.append(before.id, before.token, chunks(1, "from before\n"));
    const stream = await open({ events: ALL });
    const after = await run(client);
    for (const [{ id, token }, seq] of [
      [before, 2],
      [after, 1],
    ] as const) {
      await client.append(id, token, chunks(seq, "a\n", "b\n"));
      await client.append(id, token, chunks(seq + 2, "c\n"));
      await client.end(id, token, ended(seq + 2));
    }
    const told = await stream.until(({ body }) => body.id === after.id && body.status === "succeeded");
    for (const { id } of [before, after]) {
      const own = told.filter(({ body }) => body.id === id || body.execution_id === id);
      const data = own.flatMap(({ body }) => (body.execution_id === id ? [body.data] : []));
      expect(data).toEqual(["a\n", "b\n", "c\n"]);
      expect(own.at(-1)?.body.status).toBe("succeeded");
    }
    expect(told.find(({ name }) => name === "st2.execution.output__create")?.body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      action_ref: "core.local",
      runner_ref: "local-shell-cmd",
      output_type: "stdout",
      timestamp: "2026-11-24T12:00:00.000000Z",
    });
  });

  it("ends with the named execution, after its output from the beginning", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "early\n"));
    const stream = await tail(id);
    await client.append(id, token, chunks(2, "late\n"));
    await client.end(id, token, ended(2));
    const told = (await stream.all()).filter(({ body }) => body.id === id || body.execution_id === id);
    expect(told.map(({ body }) => body.data ?? body.status)).toEqual(["early\n", "late\n", "succeeded"]);
  });

  it("begins with new output on request", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "early\n"));
    const stream = await tail(id, { replay: "false" });
    await client.append(id, token, chunks(2, "late\n"));
    await client.end(id, token, ended(2));
    const data = (await stream.all()).flatMap(({ body }) => (body.execution_id === id ? [body.data] : []));
    expect(data).toEqual(["late\n"]);
  });

  it("of a completed execution has its output, its last change, and the end", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "all\n"));
    await client.end(id, token, ended(1));
    const told = await (await tail(id)).all();
    expect(told.map(({ body }) => body.data ?? body.status)).toEqual(["all\n", "succeeded"]);
  });

  it("ends also if the client wanted no event of that name, as StackStorm's does", async () => {
    const { id, token } = await run(client);
    const stream = await open({
      events: "st2.nothing__*",
      end_event: "st2.liveaction__update",
      end_execution_id: id,
    });
    await client.end(id, token, ended(0));
    expect((await stream.all()).map(({ name }) => name)).toEqual(["st2.liveaction__update"]);
  });

  it.each([
    ["events", { events: "st2.execution__c*" }, ["st2.execution__create"]],
    ["events", { events: "st2.execution__[cx]reate,st2.execution__updat?" }, undefined],
    ["action_refs", { events: "st2.execution__*", action_refs: "core.other" }, []],
    ["execution_ids", { execution_ids: "ffffffffffffffffffffffff" }, []],
  ])("is filtered by %s", async (_, query, wanted) => {
    const stream = await open(query);
    const everything = await open({ events: "st2.execution__*" });
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const all = await everything.until(({ body }) => body.id === id && body.status === "succeeded");
    const names = all.filter(({ body }) => body.id === id).map(({ name }) => name);
    await eventually(() =>
      expect(stream.seen.filter(({ body }) => body.id === id).map(({ name }) => name)).toEqual(
        wanted ?? names,
      ),
    );
  });

  it("refuses an unknown execution, an invalid id, and a replay that is neither yes nor no", async () => {
    const get = (query: string) => fetchWorker(`${ORIGIN}/stream/v1/stream?${query}`, { headers });
    expect((await get("end_execution_id=ffffffffffffffffffffffff")).status).toBe(404);
    expect((await get("end_execution_id=last")).status).toBe(400);
    expect((await get("replay=perhaps")).status).toBe(400);
    expect((await fetchWorker(`${ORIGIN}/stream/v1/stream`)).status).toBe(401);
  });

  it("is at the paths of StackStorm's clients, with headers that prevent buffering by proxies", async () => {
    for (const path of ["/stream/v1/stream", "/api/v1/stream", "/v1/stream/"]) {
      const response = await fetchWorker(ORIGIN + path, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/event-stream; charset=UTF-8");
      expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
      expect(response.headers.get("x-accel-buffering")).toBe("no");
      const reader = response.body?.getReader();
      const first = await reader?.read();
      expect(new TextDecoder().decode(first?.value)).toBe("\n");
      await reader?.cancel();
    }
  });

  it("needs no call to the hub for output, with followers or without", async () => {
    const publish = vi.spyOn(EventHub.prototype, "publish");
    const stream = await open({ events: ALL });
    const { id, token } = await run(client);
    await eventually(() => expect(publish.mock.calls.length).toBeGreaterThanOrEqual(1));
    await stream.until(({ body }) => body.id === id && body.status === "running");
    const before = publish.mock.calls.length;
    for (let seq = 1; seq <= 50; seq++) await client.append(id, token, chunks(seq, `line ${seq}\n`));
    await stream.until(({ body }) => body.data === "line 50\n");
    expect(publish.mock.calls.length).toBe(before);
    await client.end(id, token, ended(50));
  });

  it("loses and doubles nothing when its object is moved", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n"));
    const stream = await tail(id);
    await stream.until(({ body }) => body.data === "one\n");
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "close" });
    await client.append(id, token, chunks(2, "two\n"));
    await client.end(id, token, ended(2));
    const told = (await stream.all()).filter(({ body }) => body.id === id || body.execution_id === id);
    expect(told.map(({ body }) => body.data ?? body.status)).toEqual(["one\n", "two\n", "succeeded"]);
  });

  it("sends each change once when the hub could not be reached at first", async () => {
    const publish = vi.spyOn(EventHub.prototype, "publish");
    const stream = await open({ events: "st2.execution__*" });
    publish.mockRejectedValueOnce(new Error("away"));
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const told = await stream.until(({ body }) => body.id === id && body.status === "succeeded");
    expect(told.filter(({ body }) => body.id === id).map(({ body }) => body.status)).toEqual([
      "requested",
      "scheduled",
      "running",
      "succeeded",
    ]);
  });
});
