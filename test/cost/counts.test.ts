import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { burst, type CountedWorld, steady } from "../../bench/cost/scenarios.ts";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { clientOf, ROOT, scratch, TestAgent } from "../support/world.ts";

let server: Server;
let agent: TestAgent;
let world: CountedWorld;

beforeAll(async () => {
  const entry = resolve(ROOT, "bench/counting-worker/worker.ts");
  server = await startServer({ port: 0, state: scratch(), entry, vars: { APPENDS_PER_SECOND: 3 } });
  const { url, apiKey } = server;
  const client = clientOf(url, apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(url, key).start().ready();
  world = { url, client, agent_state: agent.state };
});

afterAll(async () => {
  await agent.stop();
  await server.stop();
});

it("a short execution costs no more than it did", async () => {
  const { counts } = await burst(world, 1, 2);
  const { object_ms: _, object_rows_read: __, d1_rows_read: ___, ...billed } = counts;
  // Halves leave room for one event of another execution, such as an alarm.
  const most = {
    worker_requests: 4,
    object_requests: 13,
    object_messages: 2,
    object_rows_written: 20,
    d1_rows_written: 10,
    audit_rows_written: 6,
  };
  for (const [name, count] of Object.entries(billed))
    expect(count, name).toBeLessThanOrEqual(Reflect.get(most, name));
  expect(billed.worker_requests).toBeGreaterThan(1);
  expect(billed.object_rows_written).toBeGreaterThan(1);
  expect(billed.d1_rows_written).toBeGreaterThan(1);
});

it("a thousand lines at once cost a few rows more than one line", async () => {
  const one = await burst(world, 1, 2);
  const thousand = await burst(world, 1_000, 2);
  const more_rows = thousand.counts.object_rows_written - one.counts.object_rows_written;
  const more_requests = thousand.counts.worker_requests - one.counts.worker_requests;
  expect(more_rows).toBeLessThanOrEqual(4);
  expect(more_requests).toBeLessThanOrEqual(4);
});

it("a watched stream of 100 lines a second costs an append for eight lines or more", async () => {
  const { counts, lines } = await steady(world, 100, 3_000);
  expect(lines).toBeGreaterThan(100);
  expect(counts.object_rows_written).toBeLessThanOrEqual(lines / 8 + 4);
  expect(counts.object_rows_written).toBeGreaterThan(lines / 50);
  // Over a socket: a few requests are left for a batch that was posted, and for alarms.
  expect(counts.worker_requests).toBeLessThanOrEqual(2);
  expect(counts.object_requests).toBeLessThanOrEqual(4);
  expect(counts.object_messages).toBeGreaterThan(lines / 50);
});
