import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import type { Rights } from "../../protocol/model/permissions.ts";
import { listUncompleted } from "../../src/index/uncompleted.ts";
import { allHubs } from "../../src/objects/hub.ts";
import { begin, startOf } from "../../src/reading/stream/begin.ts";
import { readStreamQuery } from "../../src/reading/stream/query.ts";
import { eventually } from "./support/eventually.ts";
import { writeIndexRow } from "./support/rows.ts";
import { openStream, type StreamReader } from "./support/stream.ts";
import { chunks, clientWith, ended, type Running, run } from "./support/world.ts";

const client = clientWith();
const ALL = "st2.execution__*,st2.execution.output__create";
const ADMIN: Rights = { is_admin: true, grants: [] };

async function open(query: Record<string, string>): Promise<StreamReader> {
  const reader = await openStream(`/stream/v1/stream?${new URLSearchParams(query)}`);
  onTestFinished(() => reader.close());
  return reader;
}

describe("the event stream, with 1,005 unfinished executions", () => {
  beforeAll(async () => {
    for (let at = 0; at < 1_005; at++)
      await writeIndexRow({ action: "many.rows", status: at % 20 === 0 ? "running" : "requested" });
  }, 120_000);

  it("tails one of them from beginning to end, without output of the others", async () => {
    const other = await run(client);
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "early\n"));
    const stream = await open({
      end_event: "st2.execution__update",
      end_execution_id: id,
      events: "st2.execution__update,st2.execution.output__create",
    });
    await client.append(other.id, other.token, chunks(1, "other\n"));
    await client.append(id, token, chunks(2, "late\n"));
    await client.end(other.id, other.token, ended(1));
    await client.end(id, token, ended(2));
    const told = await stream.all();
    const own = told.filter(({ body }) => body.id === id || body.execution_id === id);
    expect(own.map(({ body }) => body.data ?? body.status)).toEqual(["early\n", "late\n", "succeeded"]);
    expect(told.filter(({ body }) => body.data === "other\n")).toEqual([]);
  });

  it("sends the output of all, in order, before their completing changes", async () => {
    const before = await run(client);
    const stream = await open({ events: ALL });
    const after = await run(client);
    for (const { id, token } of [before, after]) {
      await client.append(id, token, chunks(1, "a\n"));
      await client.append(id, token, chunks(2, "b\n"));
      await client.end(id, token, ended(2));
    }
    for (const { id } of [before, after]) {
      const told = await stream.until(({ body }) => body.id === id && body.status === "succeeded");
      const own = told.filter(({ body }) => body.id === id || body.execution_id === id);
      expect(own.slice(-3).map(({ body }) => body.data ?? body.status)).toEqual(["a\n", "b\n", "succeeded"]);
    }
  }, 120_000);

  it("finds those that a user may view among any number of others", async () => {
    const seen = await writeIndexRow({ action: "seen.row", status: "running" });
    const named = await writeIndexRow({ action: "named.row", status: "running" });
    const among = { ids: undefined, action_refs: undefined };
    const of = async (...uids: string[]) => {
      const grants = uids.map((resource_uid) => ({
        resource_uid,
        permission: "execution_view" as const,
        pool: null,
      }));
      return (await listUncompleted(env.INDEX, { is_admin: false, grants }, among, 2)).map(({ id }) => id);
    };
    expect(await of("action:seen:row")).toEqual([seen.id]);
    expect(await of(`execution:${named.id}`)).toEqual([named.id]);
    expect(await of("pack:nothing")).toEqual([]);
    const ids = new Set([named.id, newId()]);
    const found = await listUncompleted(env.INDEX, ADMIN, { ids, action_refs: undefined }, 2);
    expect(found.map(({ id }) => id)).toEqual([named.id]);
  });
});

/** The text of a stream that follows a limited number of logs, and whether it has ended. */
async function follow(query: Record<string, string>, followed_max: number, turn_ms: number) {
  const asked = readStreamQuery(query, true);
  const hubs = await Promise.all(
    allHubs(env).map(
      async (hub) =>
        (await hub.fetch(new Request("http://hub/", { headers: { upgrade: "websocket" } }))).webSocket,
    ),
  );
  const stream = { text: "", ended: false };
  const ending = asked.end && (await client.get(asked.end.execution_id));
  const start = await startOf(env, asked, ADMIN, ending);
  const sink = {
    write: (frames: string) => {
      stream.text += frames;
      queueMicrotask(() => subscription.drained());
    },
    end: () => {
      stream.ended = true;
    },
    fail: (error: unknown) => {
      throw error;
    },
  };
  const subscription = begin(env, asked, ADMIN, start, sink, { followed_max, turn_ms });
  for (const hub of hubs) {
    hub?.addEventListener("message", ({ data }) => subscription.receive(String(data)));
    hub?.accept();
  }
  onTestFinished(() => {
    subscription.close();
    for (const hub of hubs) hub?.close();
  });
  return stream;
}

/** The stream's output of an execution, and its last status. */
function toldOf(text: string, id: string): unknown[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("data: ")) return [];
    const body: Record<string, unknown> = JSON.parse(line.slice("data: ".length));
    if (body.execution_id === id && typeof body.data === "string") return [body.data];
    return body.id === id && body.status === "succeeded" ? [body.status] : [];
  });
}

describe("a stream with more executions than it follows at once", () => {
  it("gives each its turn: no output is lost, doubled or out of order, and all comes before the end", async () => {
    const begun: Running[] = [];
    for (let at = 0; at < 4; at++) begun.push(await run(client));
    const execution_ids = begun.map(({ id }) => id).join(",");
    const stream = await follow({ events: ALL, execution_ids }, 2, 20);
    for (let seq = 1; seq <= 5; seq++) {
      for (const { id, token } of begun) await client.append(id, token, chunks(seq, `line ${seq}\n`));
      // The next line comes only after each had its turn.
      await eventually(() => {
        for (const { id } of begun) expect(toldOf(stream.text, id)).toHaveLength(seq);
      });
    }
    for (const { id, token } of begun) await client.append(id, token, chunks(6, "last\n"));
    for (const { id, token } of begun) await client.end(id, token, ended(6));
    const whole = [1, 2, 3, 4, 5].map((seq) => `line ${seq}\n`);
    await eventually(() => {
      for (const { id } of begun) expect(toldOf(stream.text, id)).toEqual([...whole, "last\n", "succeeded"]);
    });
  });

  it("follows executions that begin while all places are taken, and holds their completing changes behind their output", async () => {
    const long = await run(client);
    const stream = await follow({ events: ALL, action_refs: "core.local" }, 1, 20);
    await client.append(long.id, long.token, chunks(1, "long\n"));
    const short: Running[] = [];
    for (let at = 0; at < 3; at++) short.push(await run(client));
    for (const { id, token } of short) {
      await client.append(id, token, chunks(1, "short\n"));
      await client.end(id, token, ended(1));
    }
    await client.end(long.id, long.token, ended(1));
    await eventually(() => {
      for (const { id } of short) expect(toldOf(stream.text, id)).toEqual(["short\n", "succeeded"]);
      expect(toldOf(stream.text, long.id)).toEqual(["long\n", "succeeded"]);
    });
  });

  it("ends a tail only after the output of every child", async () => {
    const parent = await run(client);
    const hosts = ["a", "b", "c", "d"].map((key) => ({ key, address: key }));
    await client.expand(parent.id, parent.token, { hosts, concurrency: 4, allow_partial_failure: false });
    const children: Omit<Running, "agent">[] = [];
    for (const _ of hosts) {
      const { token, execution } = await parent.agent.expect("lease");
      const { execution_id: id, epoch } = execution;
      parent.agent.say({ type: "accepted", execution_id: id, epoch });
      await client.start(id, token);
      children.push({ id, token, execution });
    }
    const stream = await follow({ events: ALL, end_execution_id: parent.id }, 2, 20);
    for (const { id, token } of children) {
      await client.append(id, token, chunks(1, "one\n", "two\n"));
      await client.end(id, token, ended(2));
    }
    await eventually(() => expect(stream.ended).toBe(true));
    for (const { id } of children) expect(toldOf(stream.text, id)).toEqual(["one\n", "two\n", "succeeded"]);
    expect(toldOf(stream.text, parent.id)).toEqual(["succeeded"]);
  });
});
