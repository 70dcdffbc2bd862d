import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listenAddress } from "../../agent/seen/address.ts";
import { serveSeen } from "../../agent/seen/serve.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { kindsIn, metricsOfAlarms, metricsOfDashboard, metricsOfPage } from "../support/dashboard.ts";
import { samplesOf } from "../support/metrics.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

let server: Awaited<ReturnType<typeof startServer>>;
let client: Client;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  client = clientOf(server.url, server.apiKey);
});
afterAll(() => server?.stop());

async function agentOf(pool: string, metrics: string): Promise<TestAgent> {
  const { key } = await client.createKey({ user: "agent", role: "agent", pool });
  const agent = new TestAgent(server.url, key, [
    "--metrics",
    metrics,
    "--slots",
    "3",
    "--log-format",
    "json",
  ]);
  afterTest(() => agent.stop());
  return agent;
}

/** A port that is free at this moment. */
async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => listener.once("listening", done));
  const { port } = listener.address() as AddressInfo;
  await new Promise((done) => listener.close(done));
  return port;
}

/** A request to an agent at its socket or its port. */
function ask(where: { socketPath: string } | { port: number }, path: string, method = "GET") {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", ...where, path, method }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, text });
    });
    sent.on("error", reject).end();
  });
}

it("an agent shows at a socket or a port how it is, and counts its own work only", async () => {
  const socketPath = join(scratch(), "agent.sock");
  const port = await freePort();
  const busy = await (await agentOf("busy", socketPath)).start().ready();
  await (await agentOf("idle", `127.0.0.1:${port}`)).start().ready();
  // Each line of the log is an object.
  const lines = busy.log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ level: "info", message: expect.stringContaining("agent ready") });
  for (const where of [{ socketPath }, { port }]) {
    expect(await ask(where, "/healthz")).toEqual({ status: 200, text: '{"ok":true}' });
    expect(await ask(where, "/readyz")).toEqual({ status: 200, text: '{"ready":true}' });
    expect((await ask(where, "/other")).status).toBe(404);
    expect((await ask(where, "/metrics", "POST")).status).toBe(405);
  }
  const go = join(scratch(), "go");
  const cmd = `echo begun; until [ -e ${go} ]; do sleep 0.05; done`;
  const { id } = await client.create({ action: "core.local", parameters: { cmd }, pool: "busy" });
  await until("it has written", async () => (await client.get(id)).output?.last_seq === 1);
  const of = async (where: { socketPath: string } | { port: number }) =>
    samplesOf((await ask(where, "/metrics")).text);
  const [own, other] = [await of({ socketPath }), await of({ port })];
  for (const samples of [own, other]) {
    expect(samples.get("tailrace_agent_connected")).toBe(1);
    expect(samples.get("tailrace_agent_connections_total")).toBe(1);
    expect(samples.get("tailrace_agent_slots")).toBe(3);
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  }
  expect(own.get("tailrace_agent_running")).toBe(1);
  expect(own.get('tailrace_agent_leases{phase="begun"}')).toBe(1);
  expect(own.get("tailrace_agent_runs_begun_total")).toBe(1);
  expect(own.get("tailrace_agent_append_seconds_count")).toBe(1);
  expect(own.get("tailrace_agent_sent_bytes_total")).toBeGreaterThan(6);
  expect(own.get("tailrace_agent_spool_bytes")).toBeGreaterThan(0);
  expect(other.get("tailrace_agent_running")).toBe(0);
  expect(other.get("tailrace_agent_append_seconds_count")).toBe(0);

  busy.signal("SIGTERM");
  await until("it drains", async () => (await ask({ socketPath }, "/readyz")).status === 503);
  expect(await ask({ socketPath }, "/readyz")).toEqual({
    status: 503,
    text: '{"ready":false,"why":"draining"}',
  });
  expect((await of({ socketPath })).get("tailrace_agent_draining")).toBe(1);
  writeFileSync(go, "");
  expect(await busy.exited()).toBe(0);
  expect((await ask({ port }, "/readyz")).status).toBe(200);
});

it("the dashboard and docs/operate.md know every metric of the server and of an agent, and no other", async () => {
  const socketPath = join(scratch(), "agent.sock");
  await (await agentOf("pictured", socketPath)).start().ready();
  const of_server = await fetch(`${server.url}/metrics`, { headers: { "st2-api-key": server.apiKey } });
  const printed = kindsIn(`${await of_server.text()}${(await ask({ socketPath }, "/metrics")).text}`);
  const names = [...printed.keys()].sort();
  expect(names.length).toBeGreaterThan(20);
  const page = metricsOfPage();
  expect([...page.keys()].sort()).toEqual(names);
  const dashboard = metricsOfDashboard();
  expect([...dashboard.keys()].sort()).toEqual(names);
  const alarms = metricsOfAlarms();
  expect(names).toEqual(expect.arrayContaining([...alarms.keys()]));
  for (const [name, labels] of [...dashboard, ...alarms])
    expect([...(page.get(name) ?? [])], `the labels of ${name}`).toEqual(expect.arrayContaining([...labels]));
});

it("each line of an agent's log about an execution names the request that created it, also after a restart", async () => {
  const agent = await (await agentOf("named", join(scratch(), "agent.sock"))).start().ready();
  const answer = await fetch(`${server.url}/api/v1/executions`, {
    method: "POST",
    headers: { "st2-api-key": server.apiKey, "content-type": "application/json", "x-request-id": "of-mine" },
    body: JSON.stringify({ action: "core.local", parameters: { cmd: "sleep 60" }, pool: "named" }),
  });
  const { id } = (await answer.json()) as { id: string };
  await until("it runs", async () => (await client.get(id)).status === "running");
  await agent.stop("SIGKILL");
  await agent.start().ready();
  await until("it has ended", () => agent.log.includes(`execution ${id}: ended`));
  const lines = agent.log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ message }) => message.includes(id));
  const about = { level: "info", execution_id: id, request_id: "of-mine" };
  expect(lines).toMatchObject([
    { ...about, message: `execution ${id}: core.local begins (request of-mine)` },
    { ...about, message: `execution ${id}: taken up after a restart` },
    { ...about, message: `execution ${id}: ended` },
  ]);
});

it("an agent without its server is alive, and not ready", async () => {
  const own = await startServer({ port: 0, state: scratch() });
  const { key } = await clientOf(own.url, own.apiKey).createKey({
    user: "agent",
    role: "agent",
    pool: "left",
  });
  const socketPath = join(scratch(), "agent.sock");
  const left = await new TestAgent(own.url, key, ["--metrics", socketPath]).start().ready();
  afterTest(() => left.stop());
  await own.stop();
  await until("it has noticed", async () => (await ask({ socketPath }, "/readyz")).status === 503);
  expect((await ask({ socketPath }, "/readyz")).text).toBe('{"ready":false,"why":"disconnected"}');
  expect((await ask({ socketPath }, "/healthz")).status).toBe(200);
  expect(samplesOf((await ask({ socketPath }, "/metrics")).text).get("tailrace_agent_connected")).toBe(0);
  // A process that is killed leaves its socket, and the next one takes its place.
  await left.stop("SIGKILL");
  expect(existsSync(socketPath)).toBe(true);
  left.start();
  await until("the next one answers", () =>
    ask({ socketPath }, "/healthz").then(
      () => true,
      () => false,
    ),
  );
});

it("an agent whose address for metrics cannot be used ends with the reason", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  afterTest(() => taken.close());
  await new Promise((done) => taken.once("listening", done));
  const { port } = taken.address() as AddressInfo;
  const file = join(scratch(), "agent.toml");
  writeFileSync(file, "slots = 4\n");
  for (const [address, reason] of [
    [file, `--metrics ${file} cannot be used: `],
    [`127.0.0.1:${port}`, `--metrics 127.0.0.1:${port} cannot be used: `],
    ["nonsense", "--metrics is HOST:PORT or the path of a socket, not nonsense"],
  ] as const) {
    const agent = (await agentOf("refused", address)).start();
    expect(await agent.exited()).toBe(2);
    expect(agent.log).toContain(reason);
  }
  expect(readFileSync(file, "utf8")).toBe("slots = 4\n");
});

it("a second agent with another's socket for metrics ends with one line, and the first one keeps it", async () => {
  const socketPath = join(scratch(), "agent.sock");
  await (await agentOf("one-socket", socketPath)).start().ready();
  const second = (await agentOf("one-socket", socketPath)).start();
  expect(await second.exited()).toBe(2);
  expect(second.log).toBe(
    `--metrics ${socketPath} cannot be used: another process serves it. Name another path. See: tailrace agent --help\n`,
  );
  expect((await ask({ socketPath }, "/readyz")).status).toBe(200);
});

it("a connection that cannot be accepted does not end an agent", async () => {
  const server = await serveSeen(join(scratch(), "agent.sock"), () => {
    throw new Error("not asked");
  });
  afterTest(() => server.close());
  expect(server.emit("error", new Error("accept ENFILE"))).toBe(true);
});

it.each([
  ["127.0.0.1:9464", { host: "127.0.0.1", port: 9464 }],
  ["[::1]:80", { host: "::1", port: 80 }],
  ["/run/tailrace/agent.sock", { path: "/run/tailrace/agent.sock" }],
])("the address %s is understood", (text, address) => {
  expect(listenAddress(text)).toEqual(address);
});

it.each([":80", "host", "host:65536", ""])("the address %j is refused", (text) => {
  expect(() => listenAddress(text)).toThrow("HOST:PORT");
});
