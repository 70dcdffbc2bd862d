import { connect, type Socket } from "node:net";
import { HOSTS_MAX, SLOTS_MAX } from "../../protocol/base/limits.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { percentile } from "../statistics.ts";
import { minimalWorker } from "../systems/references.ts";
import { connectAgent, registerLocal, startTailrace } from "../systems/tailrace.ts";

/** The load that exists at the same time. */
export interface Many {
  /** Running children of one execution. */
  children: number;
  /** Executions that wait for an agent. */
  queued: number;
  /** Requests whose body never arrives completely. */
  half_sent: number;
}

export const CROWD: Many = { children: HOSTS_MAX, queued: 10_000, half_sent: 3_000 };
export const CROWD_TENTH: Many = { children: 100, queued: 1_000, half_sent: 300 };

/** Milliseconds that `/healthz` takes while the load arrives, and after that. */
export interface Health {
  coming: { p50_ms: number; p99_ms: number };
  there: { p50_ms: number; p99_ms: number };
}

/** Requests of the load that run at the same time. */
const AT_ONCE = 32;
const PROBE_PAUSE_MS = 10;
/** How long the measurement continues after all of the load has arrived. */
const STEADY_MS = 5_000;

/** The same load on Tailrace and on the minimal Worker, one after the other. */
export async function many(load: Many): Promise<{ own: Health; minimal: Health }> {
  const own = await ofTailrace(load);
  const minimal = await ofMinimal(load);
  return { own, minimal };
}

async function ofTailrace(load: Many): Promise<Health> {
  const server = await startTailrace();
  const { client, url, key } = server;
  await registerLocal(client);
  const parameters = { cmd: "true" };
  const given: { id: string; token: string }[] = [];
  const agents: { close: () => void }[] = [];
  for (let slots = 0; slots < load.children + 1; slots += SLOTS_MAX)
    agents.push(await connectAgent(server, (id, token) => given.push({ id, token })));
  const health = await measured(url, async () => {
    const half = await halfSent(url, "/api/v1/executions", key, load.half_sent);
    await client.create({ action: "core.local", parameters });
    const parent = await next(given);
    const hosts = Array.from({ length: load.children }, (_, at) => ({
      key: `host-${at}`,
      address: `host-${at}`,
    }));
    const plan = { hosts, concurrency: load.children, allow_partial_failure: true };
    await client.expand(parent.id, parent.token, plan);
    await times(load.children, async () => {
      const { id, token } = await next(given);
      await client.start(id, token);
      await client.append(id, token, CHUNK);
    });
    await times(load.queued, async () => {
      await client.create({ action: "core.local", parameters, labels: { nowhere: "1" } });
    });
    return half;
  });
  for (const agent of agents) agent.close();
  await server.stop();
  return health;
}

/** The same number of requests, each of the same size and to its own object. */
async function ofMinimal(load: Many): Promise<Health> {
  const system = await minimalWorker();
  const { url } = await system.open();
  let objects = 0;
  const append = async (path: string) => {
    await (await fetch(url + path, { method: "POST", body: CHUNK })).text();
  };
  const health = await measured(url, async () => {
    const half = await halfSent(url, "/half/append", "", load.half_sent);
    await times(load.children, async () => {
      const path = `/object-${objects++}/append`;
      await append(path);
      await append(path);
    });
    await times(load.queued, () => append(`/object-${objects++}/append`));
    return half;
  });
  await system.stop();
  return health;
}

const CHUNK = encodeChunk({
  seq: 1,
  timestamp: "2026-11-24T12:00:00.000000Z",
  output_type: "stdout",
  data: "a line of a child\n",
});

/** Requests `/healthz` continuously while a load arrives, and for some time after. */
async function measured(url: string, load: () => Promise<Socket[]>): Promise<Health> {
  let took_ms: number[] = [];
  let is_over = false;
  const probe = async () => {
    while (!is_over) {
      const started_ms = performance.now();
      await (await fetch(`${url}/healthz`)).text();
      took_ms.push(performance.now() - started_ms);
      await pause(PROBE_PAUSE_MS);
    }
  };
  const probing = probe();
  const sockets = await load();
  const coming = summary(took_ms);
  took_ms = [];
  await pause(STEADY_MS);
  is_over = true;
  await probing;
  for (const socket of sockets) socket.destroy();
  return { coming, there: summary(took_ms) };
}

function summary(took_ms: number[]): { p50_ms: number; p99_ms: number } {
  return { p50_ms: percentile(took_ms, 50), p99_ms: percentile(took_ms, 99) };
}

/** Connections that each announce a longer body than they send. */
async function halfSent(url: string, path: string, key: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nst2-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"action":`;
  const sockets: Socket[] = [];
  await times(count, async () => {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    await new Promise<void>((sent) => {
      socket.once("error", () => sent());
      socket.once("connect", () => socket.write(head, () => sent()));
    });
    socket.on("error", () => undefined).resume();
  });
  return sockets;
}

async function next<T>(queue: T[]): Promise<T> {
  for (;;) {
    const item = queue.shift();
    if (item !== undefined) return item;
    await pause(PROBE_PAUSE_MS);
  }
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
