import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { SILENT } from "../../protocol/wire/pulse.ts";
import type { Execution } from "../../src/execution/execution.ts";
import { NDJSON_FRAMES } from "../../src/reading/formats/format.ts";
import { followResponse } from "../../src/reading/response.ts";
import { selectLines } from "../../src/reading/select.ts";
import { readStreamQuery } from "../../src/reading/stream/query.ts";
import { streamResponse } from "../../src/reading/stream/response.ts";
import { Subscription } from "../../src/reading/stream/subscription.ts";
import { eventually } from "./support/eventually.ts";
import { action, limit, newPool } from "./support/pools.ts";
import {
  chunks,
  clientWith,
  ended,
  fetchWorker,
  ORIGIN,
  registerActions,
  run,
  TestAgent,
} from "./support/world.ts";

const client = clientWith();
/** Four missing pings are a silence. */
const PING_MS = 100;

beforeAll(() => registerActions());

/** A follower's socket that grants nothing, with its messages and whether the log has closed it. */
async function follow(id: string, query: string) {
  const { webSocket: socket } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?${query}`, {
    headers: { "st2-api-key": env.TAILRACE_API_KEY, upgrade: "websocket" },
  });
  if (!socket) throw new Error("no WebSocket");
  const messages: string[] = [];
  const follower = { messages, closed: "", ping: () => socket.send("ping") };
  socket.addEventListener("message", ({ data }) => {
    messages.push(String(data));
  });
  socket.addEventListener("close", ({ reason }) => {
    follower.closed = reason;
  });
  socket.accept();
  return follower;
}

const objectOf = (id: string) => env.EXECUTION.getByName(id);
const alarmOf = (id: string) => runInDurableObject(objectOf(id), (_, { storage }) => storage.getAlarm());

describe("a follower", () => {
  it.each(["", "&output_type=stdout"])(
    "that promised pings and sends none is closed by an alarm, with hibernation too%s",
    async (filter) => {
      const { id } = await run(client);
      const before_ms = Date.now();
      const patient = await follow(id, `ping_ms=60000${filter}`);
      // An earlier alarm tells the index first that the execution runs.
      await eventually(async () => expect(await alarmOf(id)).toBeGreaterThanOrEqual(before_ms + 4 * 60_000));
      const silent = await follow(id, `ping_ms=${PING_MS}${filter}`);
      await evictDurableObject(objectOf(id), { webSockets: "hibernate" });
      await eventually(async () => {
        await runDurableObjectAlarm(objectOf(id));
        expect(silent.closed).toBe("silent");
      });
      expect(patient.closed).toBe("");
    },
  );

  it.each([
    ["further output", (id: string, token: string) => client.append(id, token, chunks(1, "hello\n"))],
    ["a further follower", (id: string) => follow(id, "")],
    [
      "a count of its credential's streams",
      (id: string) => runInDurableObject(objectOf(id), (object) => (object as Execution).openOf("any")),
    ],
  ])("that promised pings and sends none is closed by %s, long before an alarm", async (_, look) => {
    const { id, token } = await run(client);
    const silent = await follow(id, "ping_ms=10000");
    // An earlier alarm tells the index first that the execution runs.
    await eventually(async () => expect(await alarmOf(id)).toBeGreaterThan(Date.now() + 60_000));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 45_000 });
    const elapsed_ms = performance.now() + 45_000;
    vi.spyOn(performance, "now").mockReturnValue(elapsed_ms);
    onTestFinished(() => {
      vi.useRealTimers();
      vi.restoreAllMocks();
    });
    await look(id, token);
    await eventually(() => expect(silent.closed).toBe("silent"));
  });

  it("that pings as promised stays, even if it reads nothing", async () => {
    const { id, token } = await run(client);
    // The engine may stand still for a moment, and that is no silence.
    const ping_ms = 3 * PING_MS;
    const follower = await follow(id, `ping_ms=${ping_ms}&output_type=stdout`);
    const since_ms = Date.now();
    await client.append(id, token, chunks(1, "hello\n"));
    const pongs = () => follower.messages.filter((message) => message === "pong").length;
    while (Date.now() - since_ms <= 5 * ping_ms) {
      const answered = pongs();
      follower.ping();
      // The log answers, also behind a filter.
      await eventually(() => expect(pongs()).toBeGreaterThan(answered));
      await runDurableObjectAlarm(objectOf(id));
    }
    expect(follower.closed).toBe("");
  });

  it("that has pinged stays when the server's clock is set back later", async () => {
    const { id, token } = await run(client);
    const real_ms = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: real_ms - 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const follower = await follow(id, "ping_ms=10000");
    vi.setSystemTime(real_ms);
    follower.ping();
    await eventually(() => expect(follower.messages).toContain("pong"));
    vi.setSystemTime(real_ms - 5_000);
    await runDurableObjectAlarm(objectOf(id));
    await client.end(id, token, ended(0));
    await eventually(() => expect(follower.closed).toBe("end"));
  });

  it("without a promise sets no alarm", async () => {
    const { id } = await run(client);
    await eventually(async () => expect(await alarmOf(id)).toBeNull());
    await follow(id, "");
    expect(await alarmOf(id)).toBeNull();
  });

  it.each(["0", "99", "600001", "soon"])("may not promise to ping every %s ms", async (ping_ms) => {
    const { id } = await run(client);
    const { status } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?ping_ms=${ping_ms}`, {
      headers: { "st2-api-key": env.TAILRACE_API_KEY, upgrade: "websocket" },
    });
    expect(status).toBe(400);
  });
});

describe("a response", () => {
  it.each([
    [
      "output",
      (socket: WebSocket, { signal }: AbortController) =>
        followResponse(socket, NDJSON_FRAMES, selectLines({}), signal),
    ],
    [
      "the event stream",
      (socket: WebSocket, { signal }: AbortController) =>
        streamResponse(
          [socket],
          (sink) =>
            new Subscription(
              env,
              readStreamQuery({}, true),
              { rights: { is_admin: true, grants: [] }, family: new Set(), ends_with_child: false },
              sink,
            ),
          signal,
        ),
    ],
  ])("with %s breaks when its source answers no ping", async (_, respond) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { 0: socket, 1: silent } = new WebSocketPair();
    silent.accept();
    const reading = respond(socket, new AbortController()).text();
    vi.advanceTimersByTime(15_000);
    await expect(reading).rejects.toThrow(SILENT);
    vi.useRealTimers();
  });
});

describe("an agent that promised pings and sends none", () => {
  /** Creates an execution, and pings until the agent has its lease, which may take long on a busy machine. */
  async function lease(agent: TestAgent, pool: string): Promise<{ execution_id: string; epoch: number }> {
    const pinging = setInterval(() => agent.ping(), PING_MS);
    onTestFinished(() => clearInterval(pinging));
    const { id } = await client.create({ action: "core.local", pool });
    const { execution } = await agent.expect("lease");
    clearInterval(pinging);
    return { execution_id: id, epoch: execution.epoch };
  }

  it("is found by its pool's alarm while it runs an execution, by the end of its grace time", async () => {
    await limit({ LEASE_GRACE_SECONDS: 1 });
    const pool = newPool();
    const agent = await TestAgent.connect(pool);
    await client.register({ pool, actions: [action("core.local")] });
    agent.hello({ ping_ms: 5 * PING_MS });
    await agent.expect("welcome");
    agent.say({ type: "accepted", ...(await lease(agent, pool)) });
    await eventually(() => expect(agent.closed).toBe(true));
  });

  it("is found by its pool's alarm before its grace time while it has not accepted an execution", async () => {
    await limit({ LEASE_GRACE_SECONDS: 600 });
    const pool = newPool();
    const agent = await TestAgent.connect(pool);
    await client.register({ pool, actions: [action("core.local")] });
    agent.hello({ ping_ms: 5 * PING_MS });
    await agent.expect("welcome");
    await lease(agent, pool);
    await eventually(() => expect(agent.closed).toBe(true));
  });

  it("is not listed while nothing runs, without an alarm; an agent of an earlier release has more time", async () => {
    const pool = newPool();
    const agent = await TestAgent.connect(pool);
    const earlier = await TestAgent.connect(pool);
    for (const [one, promise] of [
      [agent, { ping_ms: PING_MS }],
      [earlier, {}],
    ] as const) {
      one.hello(promise);
      await one.expect("welcome");
    }
    await eventually(async () => expect(await client.agents(pool)).toMatchObject([{ id: earlier.id }]));
    expect(agent.closed).toBe(true);
    earlier.close();
  });
});
