import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FollowOptions, followQuery } from "../../src/execution/log/follow-options.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { PUSHES } from "../../src/reading/pushes.ts";
import { AGAIN, decodeShared, encodeMissed } from "../../src/sockets/shared.ts";
import { followerHeaders } from "../../src/sockets/tags.ts";
import { eventually } from "./support/eventually.ts";
import { WAYS } from "./support/ways.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const CREDENTIAL = "the credential of this test";

/** A follower of an object, as the Worker opens it, with all messages that it gets. */
async function follower(id: string, isolate?: string, options: Partial<FollowOptions> = {}) {
  const query = followQuery({ after: 0, follow: true, isolate, ...options });
  const request = new Request(`http://execution/?${query}`, {
    headers: followerHeaders({ credential: CREDENTIAL }),
  });
  const { webSocket: socket } = await executionStub(env, id).fetch(request);
  if (!socket) throw new Error("no WebSocket");
  const messages: string[] = [];
  const closes: number[] = [];
  socket.addEventListener("message", ({ data }) => {
    messages.push(String(data));
  });
  socket.addEventListener("close", ({ code }) => {
    closes.push(code);
  });
  socket.accept();
  onTestFinished(() => socket.close());
  await eventually(() => expect(messages.length).toBeGreaterThan(0));
  return { socket, messages, closes };
}

const kindsOf = (messages: string[]) => messages.slice(1).map((message) => decodeShared(message).kind);

describe("an object", () => {
  it("sends a push once to each isolate, and references to its other followers", async () => {
    const { id, token } = await run(client);
    const [first, second, third, other, none] = await Promise.all(
      ["one", "one", "one", "two", undefined].map((isolate) => follower(id, isolate)),
    );
    const batch = chunks(1, "a\n", "b\n");
    await client.append(id, token, batch);
    for (const one of [first, second, third, other, none])
      await eventually(() => expect(one?.messages).toHaveLength(2));
    const shared = [first, second, third].map((one) => decodeShared(one?.messages[1] ?? ""));
    const carried = shared.filter(({ kind }) => kind === "carried");
    expect(carried).toEqual([{ kind: "carried", id: expect.any(String), lines: batch }]);
    const [{ id: push } = { id: "" }] = carried as { id: string }[];
    expect(shared.filter(({ kind }) => kind === "referred")).toEqual(
      Array.from({ length: 2 }, () => ({ kind: "referred", id: push, after: 0, chars: batch.length })),
    );
    // One alone in its isolate, and one that names none, get the lines.
    expect([other?.messages[1], none?.messages[1]]).toEqual([batch, batch]);
  });

  it("gives two pushes two ids, also after it slept", async () => {
    const { id, token } = await run(client);
    const readers = await Promise.all(["one", "one"].map((isolate) => follower(id, isolate)));
    for (let seq = 1; seq <= 3; seq++) {
      await client.append(id, token, chunks(seq, "a\n"));
      await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    }
    for (const { messages } of readers) await eventually(() => expect(messages).toHaveLength(4));
    const ids = readers.map(({ messages }) =>
      messages.slice(1).map((message) => {
        const shared = decodeShared(message);
        return "id" in shared ? shared.id : message;
      }),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids[0]).size).toBe(3);
  });

  it("sends a follower what it missed, and the end once more behind it", async () => {
    const { id, token } = await run(client);
    const readers = await Promise.all(["one", "one"].map((isolate) => follower(id, isolate)));
    await client.append(id, token, chunks(1, "a\n"));
    for (const { messages } of readers) await eventually(() => expect(messages).toHaveLength(2));
    const { socket, messages, closes } =
      readers.find((one) => kindsOf(one.messages)[0] === "referred") ?? expect.fail("no reference");
    await client.append(id, token, chunks(2, "b\n"));
    await client.end(id, token, ended(2));
    await eventually(() => expect(messages.at(-1)).toContain('"event":"end"'));
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    expect(closes).toEqual([]);
    const sent = messages.length;
    socket.send(encodeMissed(1));
    await eventually(() => expect(messages.length).toBe(sent + 3));
    expect(messages.slice(sent)).toEqual([AGAIN, chunks(2, "b\n"), messages[sent - 1]]);
    socket.close(1000, "end");
    await eventually(() => expect(closes).toHaveLength(1));
  });

  it("closes a reader of stored output behind the last line, also after it slept", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "a\n"));
    const { socket, messages, closes } = await follower(id, "one", { follow: false, credit_max: 1 });
    await eventually(() => expect(messages.at(-1)).toContain('"event":"credit"'));
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    socket.send('{"credit":1000}');
    await eventually(() => expect(closes).toEqual([1000]));
    await client.append(id, token, chunks(2, "b\n"));
    expect(messages.at(-1)).toContain('"event":"up_to_date"');
  });

  it("refuses such a request of a follower that names no isolate", async () => {
    const { id } = await run(client);
    const { socket, messages, closes } = await follower(id);
    socket.send(encodeMissed(0));
    await eventually(() => expect(closes).toEqual([1008]));
    expect(messages.at(-1)).toContain('"code":"invalid"');
  });

  it("refuses such a request of a reader, whose isolate the Worker names", async () => {
    const { id } = await run(client);
    const { webSocket: socket } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?type=stdout`, {
      headers: { "st2-api-key": env.TAILRACE_API_KEY, upgrade: "websocket" },
    });
    if (!socket) throw new Error("no WebSocket");
    const closes: number[] = [];
    socket.addEventListener("close", ({ code }) => {
      closes.push(code);
    });
    socket.accept();
    socket.send(encodeMissed(0));
    await eventually(() => expect(closes).toEqual([1008]));
  });

  it("drops all followers of a void credential, those with references too", async () => {
    const { id, token } = await run(client);
    const readers = await Promise.all(["one", "one"].map((isolate) => follower(id, isolate)));
    await client.append(id, token, chunks(1, "a\n"));
    await executionStub(env, id).drop(CREDENTIAL);
    for (const { messages, closes } of readers) {
      await eventually(() => expect(closes).toEqual([1008]));
      expect(messages.at(-1)).toContain('"code":"unauthorized"');
    }
  });
});

describe("readers of one isolate", () => {
  const shares = WAYS.filter(({ name }) => name !== "a WebSocket" && name !== "the shipped client");

  it("keep pushes while they read, and none afterwards", async () => {
    const { id, token } = await run(client);
    const readings = await Promise.all(shares.map((way) => way.follow(id)));
    await client.append(id, token, chunks(1, "a\n"));
    await eventually(() => expect(PUSHES.bytes).toBeGreaterThan(0));
    await client.end(id, token, ended(1));
    for (const { got } of readings) expect((await got).pieces.join("")).toBe("a\n");
    await eventually(() => expect(PUSHES.bytes).toBe(0));
  });

  it("get each line once, even if their isolate forgets pushes too early", async () => {
    const { id, token } = await run(client);
    const readings = await Promise.all([...shares, ...shares].map((way) => way.follow(id)));
    const forgets = setInterval(() => PUSHES.sweep(Number.MAX_SAFE_INTEGER), 0);
    onTestFinished(() => clearInterval(forgets));
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at + 1}\n`);
    for (const [at, line] of lines.entries()) await client.append(id, token, chunks(at + 1, line));
    await client.end(id, token, ended(lines.length));
    for (const { got } of readings) expect((await got).pieces.join("")).toBe(lines.join(""));
  });
});
