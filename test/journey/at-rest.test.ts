import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Transport } from "../../protocol/client/client.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { enginesOf } from "../support/engines.ts";
import { startWorld, until, type World } from "../support/world.ts";

const TRANSPORTS: Transport[] = ["websocket", "sse", "ndjson"];
const EXECUTIONS = 48;
const REQUESTS = 3_200;
/** After so many requests the engine held 218 MB when its isolates counted their own heaps alone. It takes about 100. */
const ENGINE_KB_MAX = 160_000;
const AT_ONCE = 8;

let world: World;

beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--slots", String(AT_ONCE)] });
});
afterAll(() => world.stop());

it("requests that read the index leave little in the engine, which collects its garbage early", async () => {
  await requests(REQUESTS);

  expect(engineMemoryKB()).toBeLessThan(ENGINE_KB_MAX);
});

it("objects, descriptors and sockets of executions are gone after a rest, also when readers left early", async () => {
  await runs(AT_ONCE);
  await until("the objects of the first are out of memory", () => liveObjects() === 0);
  const before = descriptors();

  await runs(EXECUTIONS);
  expect(liveObjects()).toBeGreaterThan(0);

  await until("all objects are out of memory", () => liveObjects() === 0);
  await until("no process has more open than before", () => isWithin(descriptors(), before));
});

async function requests(many: number): Promise<void> {
  let left = many;
  const lane = async () => {
    while (left-- > 0) await world.client.list({ limit: 1 });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** The engine's own resident memory, without that of files. */
function engineMemoryKB(): number {
  const [engine = 0] = enginesOf(process.pid);
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${engine}/status`, "utf8")) ?? [];
  return Number(kilobytes);
}

/** Runs short executions. Of their three readers, one sees the end, one leaves after the first line, and one at once. */
async function runs(many: number): Promise<void> {
  let left = many;
  const lane = async () => {
    for (let at = left--; at > 0; at = left--) {
      const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "echo hello" } });
      await Promise.all(TRANSPORTS.map((transport, reader) => read(id, transport, (at + reader) % 3)));
      // Readers that leave early do not wait for the end.
      for await (const _ of world.client.follow(id));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function read(id: string, transport: Transport, manner: number): Promise<void> {
  const leaving = new AbortController();
  const records = world.client.follow(id, { transport, signal: leaving.signal });
  if (manner === 2) queueMicrotask(() => leaving.abort());
  for await (const record of records) if (manner === 1 && isChunk(record)) leaving.abort();
}

/** The number of executions whose object is in memory: the engine has their databases open. */
function liveObjects(): number {
  const [engine = 0] = enginesOf(process.pid);
  const open = openOf(engine).filter((file) => /-Execution\/[^/]+\.sqlite$/.test(file));
  return new Set(open.filter((file) => basename(file) !== "metadata.sqlite")).size;
}

/** The number of open files of the engine, the agent and the server's own process. */
function descriptors(): number[] {
  const [engine = 0] = enginesOf(process.pid);
  return [engine, world.agent.pid, process.pid].map((pid) => openOf(pid).length);
}

function isWithin(now: number[], before: number[]): boolean {
  return now.every((open, at) => open <= (before[at] ?? 0));
}

function openOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // A file may be closed between the listing and the read.
      return [];
    }
  });
}
