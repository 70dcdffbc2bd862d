import { afterAll, beforeAll, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { AppendProxy, type Cut } from "../support/append-proxy.ts";
import { clientOf, scratch, TestAgent } from "../support/world.ts";

const LINES = 150;
const EXPECTED = Array.from({ length: LINES }, (_, at) => `line ${at + 1}\n`).join("");

let server: Server;
let proxy: AppendProxy;
let agent: TestAgent;
let client: Client;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch(), vars: { APPENDS_PER_SECOND: 10 } });
  proxy = await AppendProxy.before(server.url);
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(proxy.url, key).start().ready();
});

afterAll(async () => {
  await agent.stop();
  proxy.close();
  await server.stop();
});

/** Runs a program that writes line after line, and returns its output. */
async function steadyOutput(cut: Cut): Promise<string> {
  proxy.cut = cut;
  proxy.sockets = 0;
  proxy.messages = 0;
  const cmd = `for at in $(seq ${LINES}); do echo line $at; sleep 0.02; done`;
  const { id } = await client.create({ action: "core.local", parameters: { cmd } });
  return (await client.output(id)).text();
}

it("sends the batches of a steady stream over a socket", async () => {
  expect(await steadyOutput("none")).toBe(EXPECTED);
  expect(proxy.sockets).toBe(1);
  expect(proxy.messages).toBeGreaterThan(10);
});

it.each(["refuse", "before the batch", "behind the batch", "silence"] as const)(
  "posts what a socket does not take: %s",
  async (cut) => {
    expect(await steadyOutput(cut)).toBe(EXPECTED);
    expect(proxy.sockets).toBe(1);
    expect(proxy.messages).toBe(cut === "refuse" ? 0 : 1);
    expect(agent.log).not.toContain("output waits in the spool");
  },
);

it("opens another socket soon after the server has closed one in order", async () => {
  expect(await steadyOutput("close")).toBe(EXPECTED);
  expect(proxy.sockets).toBeGreaterThan(1);
  expect(proxy.messages).toBeGreaterThan(1);
});

it("sends the batches of a burst by requests", async () => {
  proxy.cut = "none";
  proxy.sockets = 0;
  const cmd = "seq 1 20000";
  const { id } = await client.create({ action: "core.local", parameters: { cmd } });
  const text = await (await client.output(id)).text();
  expect(text.split("\n")).toHaveLength(20_001);
  expect(proxy.sockets).toBe(0);
});
