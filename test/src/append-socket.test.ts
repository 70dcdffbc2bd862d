import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { APPEND_MESSAGE_CHARS_MAX } from "../../protocol/base/limits.ts";
import { dataOf, readAll } from "./support/events.ts";
import { chunks, clientWith, ended, fetchWorker, holderOf, ORIGIN, run, TestAgent } from "./support/world.ts";

const client = clientWith();

/** A producer's socket under the test's control. */
class Producer {
  readonly #socket: WebSocket;
  readonly #answers: Record<string, unknown>[] = [];
  #wake: () => void = () => undefined;
  closed: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#answers.push(JSON.parse(String(data)));
      this.#wake();
    });
    socket.addEventListener("close", ({ code }) => {
      this.closed = code;
      this.#wake();
    });
    socket.accept();
  }

  static async open(id: string, lease: string): Promise<Producer> {
    const { webSocket } = await openSocket(id, lease);
    if (!webSocket) throw new Error("no WebSocket");
    return new Producer(webSocket);
  }

  send(message: string | ArrayBuffer): void {
    this.#socket.send(message);
  }

  /** The next answer; undefined once the socket is closed. */
  async answer(): Promise<Record<string, unknown> | undefined> {
    while (this.#answers.length === 0 && this.closed === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#answers.shift();
  }

  async append(batch: string): Promise<Record<string, unknown> | undefined> {
    this.send(batch);
    return this.answer();
  }

  /** Waits until the server has closed the socket. */
  async end(): Promise<number | undefined> {
    while ((await this.answer()) !== undefined);
    return this.closed;
  }
}

function openSocket(id: string, lease: string, headers: Record<string, string> = { upgrade: "websocket" }) {
  return fetchWorker(`${ORIGIN}/agent/v1/executions/${id}/chunks`, {
    headers: { authorization: `Bearer ${lease}`, ...headers },
  });
}

async function stored(id: string): Promise<string> {
  return (await client.output(id, { follow: "false" })).text();
}

describe("appending over a socket", () => {
  it("stores each batch, and answers as to a post", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    const answer = await producer.append(chunks(1, "a", "b"));
    const { next: _, ...posted } = await client.append(id, token, chunks(3, "c"));
    expect(answer).toEqual({ ...posted, next: 3 });
    expect(await producer.append(chunks(4, "d"))).toMatchObject({ next: 5 });
    expect(await stored(id)).toBe("abcd");
  });

  it("stores a repeated batch once", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    await producer.append(chunks(1, "a"));
    expect(await producer.append(chunks(1, "a"))).toMatchObject({ next: 2 });
    expect(await stored(id)).toBe("a");
  });

  it.each([
    ["a gap", chunks(3, "c"), { code: "gap", next: 1 }],
    ["what is no batch", "hello", { code: "invalid" }],
    ["an empty message", "", { code: "invalid" }],
    ["bytes", new ArrayBuffer(8), { code: "invalid" }],
    ["too much", `${chunks(1, "x".repeat(APPEND_MESSAGE_CHARS_MAX))}`, { code: "too_large" }],
  ])("refuses %s, and closes", async (_, message, refusal) => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    producer.send(message);
    expect(await producer.answer()).toMatchObject(refusal);
    expect(await producer.end()).toBe(1008);
    expect(await stored(id)).toBe("");
  });

  it("takes one batch at a time", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    producer.send(chunks(1, "a"));
    producer.send(chunks(2, "b"));
    expect(await producer.end()).toBe(1008);
    expect(["", "a"]).toContain(await stored(id));
  });

  it("refuses a batch as a post, once the execution was given up", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    await producer.append(chunks(1, "a"));
    await env.EXECUTION.getByName(id).abandon(holderOf(token), "agent_revoked");
    await expect(client.append(id, token, chunks(2, "b"))).rejects.toMatchObject({ code: "ended" });
    expect(await producer.append(chunks(2, "b"))).toMatchObject({ code: "ended" });
    expect(await producer.end()).toBe(1008);
    expect((await openSocket(id, token)).status).toBe(403);
  });

  it("refuses a batch under a lease that was voided since the socket was opened", async () => {
    const agent = await TestAgent.connect("default");
    agent.hello({ labels: { only: "this" } });
    await agent.expect("welcome");
    const wanted = { action: "core.local", parameters: { cmd: "true" }, labels: { only: "this" } };
    const { id } = await client.create(wanted);
    const { token } = await agent.expect("lease");
    const producer = await Producer.open(id, token);
    await env.EXECUTION.getByName(id).unlease(holderOf(token));
    expect(await producer.append(chunks(1, "a"))).toMatchObject({ code: "lease_lost" });
    expect(await producer.end()).toBe(1008);
    expect(await stored(id)).toBe("");
    agent.close();
  });

  it("takes nothing after the end", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    await producer.append(chunks(1, "a"));
    await client.end(id, token, ended(1));
    expect(await producer.append(chunks(2, "b"))).toMatchObject({ code: "ended" });
  });

  it("opens only for a lease, and only as a WebSocket", async () => {
    const { id, token } = await run(client);
    const other = await run(client);
    expect((await openSocket(id, other.token)).status).toBe(401);
    expect((await openSocket(id, "nonsense")).status).toBe(401);
    expect((await openSocket(id, token, {})).status).toBe(426);
  });

  it("gives an execution one producer's socket, the newest", async () => {
    const { id, token } = await run(client);
    const first = await Producer.open(id, token);
    const second = await Producer.open(id, token);
    await first.end();
    expect(await second.append(chunks(1, "a"))).toMatchObject({ next: 2 });
  });

  it("does not count as a follower, also after the object was evicted", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    const unwatched = await producer.append(chunks(1, "a"));
    expect(unwatched?.flush_ms).toBeGreaterThan(0);
    const reading = readAll(client.follow(id, { transport: "sse" }));
    await expect.poll(async () => (await client.append(id, token, chunks(1, "a"))).flush_ms).toBe(0);
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    expect(await producer.append(chunks(2, "b"))).toMatchObject({ next: 3, flush_ms: 0 });
    await client.end(id, token, ended(2));
    expect(dataOf(await reading)).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
  });

  it("closes when the log's end of it is lost", async () => {
    const { id, token } = await run(client);
    const producer = await Producer.open(id, token);
    await producer.append(chunks(1, "a"));
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "close" });
    expect(await producer.end()).toBeDefined();
    expect(await client.append(id, token, chunks(2, "b"))).toMatchObject({ next: 3 });
  });
});
