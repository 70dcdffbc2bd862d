import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CreateExecution, Execution } from "../../protocol/model/execution.ts";
import type { RunRetention } from "../../protocol/model/retention.ts";
import { keepingOf } from "../../src/execution/state/keeping.ts";
import { owes } from "../../src/execution/state/outbox.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, fetchWorker, holderOf, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };
const DAY_MS = 24 * 60 * 60 * 1000;

const ACTION = {
  pack: "kept",
  runner_type: "local-shell-cmd" as const,
  parameters: { cmd: { type: "string" } },
};

function tags(settings: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(settings).map(([name, value]) => ({ name: `tailrace.${name}`, value }));
}

beforeAll(() =>
  client.register({
    actions: [
      { ...ACTION, name: "briefly", tags: tags({ output_ttl_days: "0.5", execution_ttl_days: "2" }) },
      { ...ACTION, name: "silently", tags: tags({ stream_output: "false" }) },
    ],
  }),
);
afterEach(() => vi.useRealTimers());

/** Advances the Worker's Date by days, and runs the object's alarm as its timers want it. */
async function afterDays(days: number, id: string): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY_MS });
  await runDurableObjectAlarm(env.EXECUTION.getByName(id));
}

/** An ended execution with two lines of output. */
async function finished(wanted?: CreateExecution): Promise<string> {
  const { id, token } = await run(client, wanted);
  await client.append(id, token, chunks(1, "one\n", "two\n"));
  await client.end(id, token, ended(2));
  return id;
}

function keptFor(retention: RunRetention): CreateExecution {
  return { action: "core.local", parameters: { cmd: "true" }, retention };
}

function daysLeft({ output }: Execution): number {
  return Math.round(((Date.parse(output?.expires ?? "") - Date.now()) / DAY_MS) * 10) / 10;
}

async function indexed(id: string): Promise<Execution | undefined> {
  return (await client.list()).find((execution) => execution.id === id);
}

describe("an output whose time is over", () => {
  it.each([
    ["text", `/api/v1/executions/ID/output`, {}],
    ["text that is not followed", `/v1/executions/ID/output?follow=false`, {}],
    ["the last lines", `/api/v1/executions/ID/output?tail=1`, {}],
    ["NDJSON", `/api/v1/executions/ID/output?format=ndjson`, {}],
    ["events", `/api/v1/executions/ID/output`, { accept: "text/event-stream" }],
    ["StackStorm's events", `/stream/v1/executions/ID/output`, { "last-event-id": "3" }],
    ["a WebSocket", `/api/v1/executions/ID/output`, { upgrade: "websocket" }],
  ])("is 410 with its totals, requested as %s", async (_, path, more) => {
    const id = await finished();
    await afterDays(7.1, id);
    const response = await fetchWorker(ORIGIN + path.replace("ID", id), { headers: { ...headers, ...more } });
    expect(response.status).toBe(410);
    expect(await response.json()).toEqual({
      faultstring: `The output of succeeded execution ${id} has expired.`,
      code: "expired",
      status: "succeeded",
      exit_code: 0,
      last_seq: 2,
      bytes: { stdout: 8, stderr: 0, other: 0 },
      gaps: 0,
      expired: expect.stringMatching(/^\d{4}-.*Z$/),
      request_id: expect.any(String),
    });
  });

  it("is reported by the client with its totals", async () => {
    const id = await finished();
    await afterDays(7.1, id);
    await expect(readAll(client.follow(id))).rejects.toMatchObject({
      code: "expired",
      tombstone: { status: "succeeded", last_seq: 2 },
    });
  });

  it("leaves the execution with the totals and the time of the deletion, also in the list", async () => {
    const id = await finished();
    expect(daysLeft(await client.get(id))).toBe(7);
    await afterDays(7.1, id);
    const execution = await client.get(id);
    expect(execution).toMatchObject({
      status: "succeeded",
      result: { succeeded: true },
      output: { last_seq: 2, bytes: { stdout: 8 }, expired: expect.any(String) },
    });
    expect(execution.output).not.toHaveProperty("expires");
    await eventually(async () => expect((await indexed(id))?.output).toEqual(execution.output));
    await afterDays(10_000, id);
    expect(await client.get(id)).toEqual(execution);
  });

  it("ends the readers that are still reading, with the reason", async () => {
    const { id, token } = await run(client);
    const response = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output`, {
      headers: { ...headers, upgrade: "websocket" },
    });
    const socket = response.webSocket;
    const messages: string[] = [];
    const closed = new Promise<CloseEvent>((done) => socket?.addEventListener("close", done));
    socket?.addEventListener("message", ({ data }) => messages.push(String(data)));
    socket?.accept();
    // More than a follower's credit. It grants none.
    for (let seq = 1; seq <= 80; seq++) await client.append(id, token, chunks(seq, "x".repeat(64_000)));
    await client.end(id, token, ended(80));
    await eventually(() => expect(messages.at(-1)).toBe('{"event":"credit","last_seq":80}\n'));
    await afterDays(7.1, id);
    expect(await closed).toMatchObject({ code: 1000, reason: "expired" });
    expect(JSON.parse(messages.at(-1) ?? "")).toMatchObject({ event: "error", code: "expired" });
  });

  it("stays until its parent has all of it", async () => {
    const id = await finished();
    const object = env.EXECUTION.getByName(id);
    const owe = async (parent: boolean) => {
      await runInDurableObject(object, (_, { storage }) => {
        const state = storage.kv.get<ExecutionState>("state");
        if (state) storage.kv.put("state", { ...state, outbox: { ...state.outbox, parent } });
      });
      await evictDurableObject(object);
    };
    // A delivery that is under way would overwrite the stored state.
    await eventually(() =>
      runInDurableObject(object, (_, { storage }) => {
        const state = storage.kv.get<ExecutionState>("state");
        expect(state && owes(state)).toBe(false);
      }),
    );
    await owe(true);
    await afterDays(7.1, id);
    expect(await (await client.output(id)).text()).toBe("one\ntwo\n");
    await owe(false);
    await afterDays(0.1, id);
    await expect(client.output(id)).rejects.toMatchObject({ code: "expired" });
  });

  it("is kept while the execution runs", async () => {
    const { id, token } = await run(client, keptFor({ output_ttl_days: 0.001, execution_ttl_days: 0.001 }));
    await client.append(id, token, chunks(1, "one\n"));
    await afterDays(365, id);
    await client.append(id, token, chunks(2, "two\n"));
    expect(await (await client.output(id, { follow: "false" })).text()).toBe("one\ntwo\n");
    await client.end(id, token, ended(2));
    expect(daysLeft(await client.get(id))).toBe(0);
  });
});

describe("an execution whose time is over", () => {
  it("is gone: its row, and all data of its object, for every request", async () => {
    const id = await finished(keptFor({ execution_ttl_days: 1 }));
    expect(Date.parse((await client.get(id)).expires ?? "") - Date.now()).toBeGreaterThan(0.99 * DAY_MS);
    // The output does not outlive the execution.
    expect(daysLeft(await client.get(id))).toBe(1);
    await afterDays(1.1, id);
    expect(await stored(id)).toEqual({ keys: [], tables: [], alarm: null });
    await evictDurableObject(env.EXECUTION.getByName(id));
    for (const path of ["", "/output", "/children"]) {
      const response = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}${path}`, { headers });
      expect(response.status).toBe(404);
    }
    expect(await indexed(id)).toBeUndefined();
    expect(await stored(id)).toEqual({ keys: [], tables: [], alarm: null });
  });

  it("is deleted later if the index is away", async () => {
    const id = await finished(keptFor({ output_ttl_days: 0.5, execution_ttl_days: 1 }));
    await afterDays(0.6, id);
    await eventually(async () => expect((await indexed(id))?.output).toHaveProperty("expired"));
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    await afterDays(0.5, id);
    await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    expect(await client.get(id)).toMatchObject({ id, status: "succeeded" });
    await eventually(async () => {
      await afterDays(0.1, id);
      expect(await indexed(id)).toBeUndefined();
    });
    expect(await stored(id)).toEqual({ keys: [], tables: [], alarm: null });
  });

  it("leaves its children, which have their own retention", async () => {
    const { id, token, agent } = await run(client, keptFor({ execution_ttl_days: 1 }));
    const hosts = [
      { key: "a", address: "a" },
      { key: "b", address: "b" },
    ];
    await client.expand(id, token, { hosts, concurrency: 2, allow_partial_failure: false });
    for (const _ of hosts) {
      const { token: own, execution } = await agent.expect("lease");
      await client.start(execution.execution_id, own);
      await client.append(execution.execution_id, own, chunks(1, "a child's\n"));
      await client.end(execution.execution_id, own, ended(1));
    }
    const children = await client.children(id);
    await eventually(async () => expect((await client.get(id)).status).toBe("succeeded"));
    await afterDays(1.1, id);
    await expect(client.get(id)).rejects.toMatchObject({ code: "execution_not_found" });
    for (const child of children) {
      expect((await client.get(child.id)).expires).toEqual(expect.any(String));
      await runDurableObjectAlarm(env.EXECUTION.getByName(child.id));
      await expect(client.get(child.id)).rejects.toMatchObject({ code: "execution_not_found" });
    }
  });

  /** All data in an object's storage. */
  function stored(id: string) {
    return runInDurableObject(env.EXECUTION.getByName(id), async (_, { storage }) => ({
      keys: [...(await storage.list()).keys()],
      tables: storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master")
        .toArray()
        .map(({ name }) => name)
        .filter((name) => !name.startsWith("_cf_")),
      alarm: await storage.getAlarm(),
    }));
  }
});

describe("an execution's retention", () => {
  it("comes from the run, else its action, else the server", async () => {
    const ids = [
      await finished(),
      await finished({ action: "kept.briefly" }),
      await finished({ action: "kept.briefly", retention: { output_ttl_days: 1.5 } }),
      await finished(keptFor({ output_ttl_days: 30 })),
    ];
    const days = await Promise.all(ids.map(async (id) => daysLeft(await client.get(id))));
    expect(days).toEqual([7, 0.5, 1.5, 30]);
    const forever = await client.get(await finished(keptFor({ output_ttl_days: 0 })));
    expect(forever.output).not.toHaveProperty("expires");
  });

  it.each([
    [{ output_ttl_days: -1 }, /retention.output_ttl_days/],
    [{ output_ttl_days: "7" }, /retention.output_ttl_days/],
    [{ execution_ttl_days: 1e9 }, /retention.execution_ttl_days/],
    [{ output_ttl: 7 }, /retention.output_ttl/],
  ])("is refused if it is invalid: %j", async (retention, text) => {
    const response = await fetchWorker(`${ORIGIN}/api/v1/executions`, {
      method: "POST",
      headers,
      body: JSON.stringify({ action: "core.local", parameters: { cmd: "true" }, retention }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: "invalid",
      faultstring: expect.stringMatching(text),
    });
  });

  it.each([
    [{ output_ttl_days: "a week" }],
    [{ stream_output: "perhaps" }],
    [{ output_bytes_max: "1.5" }],
    [{ output_ttl_day: "7" }],
  ])("is refused in an action's tags if it is invalid: %j", async (settings) => {
    const action = { ...ACTION, pack: "wrong", name: "wrong", tags: tags(settings) };
    await expect(client.register({ actions: [action] })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(`tailrace.${Object.keys(settings)[0]}`),
    });
  });

  it("does not count under a pin, and begins again when the pin is removed", async () => {
    const id = await finished(keptFor({ output_ttl_days: 1, execution_ttl_days: 3 }));
    const pinned = await client.pin(id);
    expect(pinned).toMatchObject({ pinned: true, output: { last_seq: 2 } });
    expect(pinned).not.toHaveProperty("expires");
    expect(pinned.output).not.toHaveProperty("expires");
    expect(await client.pin(id)).toEqual(pinned);
    await afterDays(100, id);
    expect(await (await client.output(id)).text()).toBe("one\ntwo\n");
    await eventually(async () => expect(await indexed(id)).toMatchObject({ pinned: true }));

    const unpinned = await client.unpin(id);
    expect(unpinned).not.toHaveProperty("pinned");
    expect(daysLeft(unpinned)).toBe(1);
    await afterDays(1.1, id);
    await expect(client.output(id)).rejects.toMatchObject({ code: "expired" });
    // The remaining execution can be pinned too.
    await client.pin(id);
    await afterDays(100, id);
    expect(await client.get(id)).toMatchObject({ pinned: true, status: "succeeded" });
  });

  it("can be stopped by a pin while the execution runs", async () => {
    const { id, token } = await run(client);
    await client.pin(id);
    await client.append(id, token, chunks(1, "one\n"));
    await client.end(id, token, ended(1));
    await afterDays(100, id);
    expect(await (await client.output(id)).text()).toBe("one\n");
  });

  it("cannot be changed for an unknown execution", async () => {
    await expect(client.pin("ffffffffffffffffffffffff")).rejects.toMatchObject({
      code: "execution_not_found",
    });
  });
});

describe("an execution without streaming", () => {
  it("tells its agent, and stores only the result", async () => {
    const { id, token, execution } = await run(client, { action: "kept.silently" });
    expect(execution.stream_output).toBe(false);
    const reading = readAll(client.follow(id));
    // An agent of an older release can still end.
    expect(await client.append(id, token, chunks(1, "one\n", "two\n"))).toMatchObject({ next: 3 });
    await client.end(id, token, ended(2));
    expect((await reading).at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 0 });
    expect(await (await client.output(id)).text()).toBe("");
    const events = await fetchWorker(`${ORIGIN}/stream/v1/executions/${id}/output`, { headers });
    expect(await events.text()).toBe("id: 1\nevent: EOF\ndata: ''\n\n");
    expect(await client.get(id)).toMatchObject({ result: { succeeded: true }, output: { last_seq: 0 } });
  });

  it("has no gap after the loss of its agent, as nothing is missing", async () => {
    const { id, token } = await run(client, { action: "kept.silently" });
    await env.EXECUTION.getByName(id).abandon(holderOf(token), "agent_lost");
    expect(await client.get(id)).toMatchObject({ status: "abandoned", output: { last_seq: 0, gaps: 0 } });
  });

  it("follows the server's setting, unless its action has its own", async () => {
    const action = await client.action("core.local");
    expect(keepingOf(env, action).stream_output).toBe(true);
    for (const STREAM_OUTPUT of [false, "false"]) {
      const silent = Object.assign({ ...env }, { STREAM_OUTPUT });
      expect(keepingOf(silent, action).stream_output).toBe(false);
      const streams = { ...action, tags: tags({ stream_output: "true" }) };
      expect(keepingOf(silent, streams).stream_output).toBe(true);
    }
  });
});
