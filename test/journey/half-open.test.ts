import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Uploader } from "../../agent/run/uploader.ts";
import { Spool } from "../../agent/spool/spool.ts";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { newId } from "../../protocol/base/id.ts";
import { BATCH_BYTES_MAX, PING_MS } from "../../protocol/base/limits.ts";
import type { Client, FollowOptions } from "../../protocol/client/client.ts";
import { textOf } from "../../protocol/client/text.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { silenceMs } from "../../protocol/wire/keepalive.ts";
import { SILENT } from "../../protocol/wire/pulse.ts";
import { COMMAND_LINE } from "../support/built-programs.ts";
import { type LineWriter, linesText, lineWriter } from "../support/programs.ts";
import { CountedTime } from "../support/promised.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { type Received, receive, sha256 } from "../support/reader.ts";
import { remoteOutcome } from "../support/remote.ts";
import { SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

/** The promised time in which each end finds a dead connection. */
const FOUND_MS_MAX = 15_000;
const GRACE_MS = 5_000;

const BEFORE = "before the break\n";
const DURING = "during the break\n";
const TRANSPORTS = ["websocket", "sse", "ndjson"] as const;

let server: Server;
let client: Client;
/** The proxies before the server: the first breaks open connections, the other breaks for good. */
let network: FaultyProxy;
let away: FaultyProxy;
let agent: TestAgent;
let writer: LineWriter;
/** Three executions: one writes all the time, one is quiet during the break, one belongs to the lost agent. */
let busy: string;
let quiet: string;
let lost: string;
/** The moment of the break. All tested connections are open at that time. */
let broken_at_ms: number;

const time = new CountedTime();
const ends: (() => unknown)[] = [() => time.stop()];

/** A follower's records, and the time when it found its connection dead. */
interface Followed {
  received: Promise<Received>;
  found_at_ms: Promise<number>;
}
const busy_followers: Followed[] = [];
const quiet_followers: Followed[] = [];
let stream_follower: Followed;
/** Followers that connect when the network carries nothing. */
const mute_followers: Followed[] = [];
const over = new AbortController();
ends.push(() => over.abort());
let stream_found_at_ms: Promise<number>;
let tail: CommandLine;
let run: CommandLine;
let slot_free_at_ms: Promise<number>;
let output_goes_on_at_ms: Promise<number>;
let link_found_at_ms: Promise<number>;
let abandoned_at_ms: Promise<number>;

async function agentOf(pool: string, url: string): Promise<TestAgent> {
  const { key } = await client.createKey({ user: "agent", role: "agent", pool });
  const started = new TestAgent(url, key).start();
  ends.unshift(() => started.stop("SIGKILL"));
  return started.ready();
}

async function start(cmd: string, pool: string): Promise<string> {
  const { id } = await client.create({ action: "core.local", pool, parameters: { cmd, timeout: 120 } });
  await until("it has output", async () => ((await client.get(id)).output?.last_seq ?? 0) > 0);
  return id;
}

/** Follows to the end, across the break. */
function follow(id: string, options: FollowOptions, by = network): Followed {
  const found = Promise.withResolvers<number>();
  const onReconnect = () => found.resolve(time.ms);
  const behind = clientOf(by.url, server.apiKey);
  return { received: receive(behind, id, { ...options, onReconnect }), found_at_ms: found.promise };
}

/** Reads the event stream until its connection is found dead. */
async function readStream(): Promise<number> {
  const headers = { "st2-api-key": server.apiKey };
  const response = await fetch(`${network.url}/stream/v1/stream`, { headers });
  const reading = (async () => {
    for await (const _ of textOf(response, silenceMs(response)));
  })();
  await reading.catch(() => undefined);
  return time.ms;
}

interface CommandLine {
  stdout: string;
  code: Promise<number>;
  ended_at_ms: Promise<number>;
}

/** The command line behind the network that breaks. */
function commandLine(...args: string[]): CommandLine {
  const env = { ...process.env, TAILRACE_URL: network.url, TAILRACE_API_KEY: server.apiKey, NO_COLOR: "1" };
  const child = spawn(process.execPath, [COMMAND_LINE, ...args], { env, cwd: ROOT });
  ends.unshift(() => child.kill("SIGKILL"));
  const code = once(child, "close").then(([code]) => Number(code));
  const ran = { stdout: "", code, ended_at_ms: code.then(() => time.ms) };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ran.stdout += text;
  });
  return ran;
}

/** Opens a WebSocket that pings as promised. False if the key has its maximum of streams. */
async function opens(url: string, key: string): Promise<boolean> {
  const address = `${url.replace("http", "ws")}/api/v1/executions/${busy}/output?ping_ms=${PING_MS}`;
  const socket = new WebSocket(address, { headers: { "st2-api-key": key } });
  const ping = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send("ping"), PING_MS);
  ends.unshift(() => {
    clearInterval(ping);
    socket.close();
  });
  return new Promise((resolve) => {
    socket.addEventListener("open", () => resolve(true));
    socket.addEventListener("error", () => resolve(false));
  });
}

/** The time when a condition becomes true. */
async function timeOf(what: string, holds: () => boolean | Promise<boolean>): Promise<number> {
  await until(what, holds, 2 * FOUND_MS_MAX);
  return time.ms;
}

beforeAll(async () => {
  const vars = { STREAMS_PER_KEY_MAX: 1, LEASE_GRACE_SECONDS: GRACE_MS / 1000 };
  server = await startServer({ port: 0, state: scratch(), vars });
  ends.unshift(() => server.stop());
  client = clientOf(server.url, server.apiKey);
  network = await FaultyProxy.before(server.url);
  away = await FaultyProxy.before(server.url);
  ends.unshift(
    () => network.close(),
    () => away.close(),
  );
  [agent] = await Promise.all([
    agentOf("default", network.url),
    agentOf("near", server.url),
    agentOf("away", away.url),
  ]);

  const go = join(scratch(), "go");
  const untilTold = `until [ -e ${go} ]; do sleep 0.1; done`;
  writer = lineWriter("half-open", { lines: 100_000, every_ms: 5 });
  [busy, quiet, lost] = await Promise.all([
    start(writer.cmd, "default"),
    start(`printf '${BEFORE}'; ${untilTold}; printf '${DURING}'`, "near"),
    start("echo up; sleep 60", "away"),
  ]);
  run = commandLine("run", "core.local", "--pool", "near", `cmd=${untilTold}; exit 7`);
  tail = commandLine("execution", "tail", quiet);
  busy_followers.push(...TRANSPORTS.map((transport) => follow(busy, { transport })));
  quiet_followers.push(...TRANSPORTS.map((transport) => follow(quiet, { transport })));
  stream_follower = follow(quiet, { transport: "websocket", type: "stdout" });
  stream_found_at_ms = readStream();
  await until("the command line follows", () => tail.stdout.includes(BEFORE.trim()));
  await until("what it starts runs", async () => (await client.list({ status: "running" })).length === 4);
  const { key } = await client.createKey({ user: "reader", role: "admin" });
  expect([await opens(network.url, key), await opens(server.url, key)]).toEqual([true, false]);

  broken_at_ms = time.ms;
  network.leaveHalfOpen();
  away.cut();
  writeFileSync(go, "");
  slot_free_at_ms = timeOf("the slot is free", () => opens(server.url, key));
  const at_seq = (await client.get(busy)).output?.last_seq ?? 0;
  mute_followers.push(
    ...TRANSPORTS.map((transport) => follow(quiet, { transport, signal: over.signal }, away)),
  );
  output_goes_on_at_ms = timeOf(
    "output goes on",
    async () => ((await client.get(busy)).output?.last_seq ?? 0) > at_seq,
  );
  link_found_at_ms = timeOf("the agent finds its socket dead", () => agent.log.includes(SILENT));
  abandoned_at_ms = receive(client, lost).then(({ end }) => {
    expect(end?.status).toBe("abandoned");
    return time.ms;
  });
});
afterAll(async () => {
  for (const end of ends) await end();
});

async function expectFound(...found: Promise<number>[]): Promise<void> {
  for (const found_at_ms of await Promise.all(found))
    expect(found_at_ms - broken_at_ms).toBeLessThan(FOUND_MS_MAX);
}

it.concurrent("an agent notices that a remote host is gone, and the remote host notices that its agent is", {
  tags: SSHD_TAGS,
}, async () => {
  const sshd = await Sshd.start();
  const between = await FaultyProxy.before(`http://127.0.0.1:${sshd.port}`);
  ends.unshift(
    () => sshd.stop(),
    () => between.close(),
  );
  const ended = join(scratch(), "ended");
  const cmd = `trap 'echo >${ended}; exit' TERM; echo up; while :; do sleep 0.1; done`;
  const parameters = { cmd, hosts: "127.0.0.1", ...sshd.login, port: Number(new URL(between.url).port) };
  const { id } = await client.create({ action: "core.remote", pool: "near", parameters });
  await until("it is up", async () => ((await client.get(id)).output?.last_seq ?? 0) > 0);
  between.cut();
  const cut_at_ms = time.ms;
  const remote_found_at_ms = timeOf("the remote host ends it", () => existsSync(ended));
  expect((await remoteOutcome(client, id)).host.error).toContain("Lost 127.0.0.1");
  expect(time.ms - cut_at_ms).toBeLessThan(FOUND_MS_MAX);
  expect((await remote_found_at_ms) - cut_at_ms).toBeLessThan(FOUND_MS_MAX);
});

it.concurrent("an agent sends smaller requests after one that was too large to be answered in time", async () => {
  const sizes: number[] = [];
  let next = 1;
  const slow = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const is_batch = request.url?.endsWith("/chunks") === true;
    if (is_batch) sizes.push(body.length);
    if (body.length > BATCH_BYTES_MAX * 0.75) return;
    if (is_batch) next = readBatch(body.toString()).last_seq + 1;
    response.end(JSON.stringify({ next, cancel: false, flush_ms: 0 }));
  });
  await new Promise<void>((done) => slow.listen(0, "127.0.0.1", done));
  ends.unshift(() => slow.closeAllConnections());
  ends.unshift(() => slow.close());
  const spool = new Spool(scratch(), {
    bytes_max: Number.MAX_SAFE_INTEGER,
    fsync: "never",
    nowMs: Date.now,
    onDisk: () => undefined,
  });
  for (let at = 0; at < 40; at++) spool.append("stdout", { bytes: Buffer.alloc(50_000, "x"), is_text: true });
  const uploader = new Uploader({
    client: clientOf(`http://127.0.0.1:${(slow.address() as AddressInfo).port}`, ""),
    id: newId(),
    spool,
    log: { info: () => undefined, warn: () => undefined },
    onCancel: () => undefined,
    onStarted: () => undefined,
    ends_whole: false,
  });
  uploader.setToken("token");
  const result = { failed: false, succeeded: true, return_code: 0 };
  uploader.finish({ status: "succeeded", exit_code: 0, result });
  expect(await uploader.run()).toBe("ended");
  const [first = 0, second = 0] = sizes;
  expect(first).toBeGreaterThan(BATCH_BYTES_MAX * 0.75);
  expect(second).toBeLessThanOrEqual(BATCH_BYTES_MAX / 2);
  expect(next).toBe(spool.next);
});

it.concurrent("a follower notices its dead connection, and continues at its cursor", async () => {
  const quiets = [...quiet_followers, stream_follower];
  await expectFound(
    stream_found_at_ms,
    ...[...busy_followers, ...quiets].map(({ found_at_ms }) => found_at_ms),
  );
  for (const { received } of quiets)
    expect(await received).toMatchObject({ sha256: sha256(BEFORE + DURING), end: { status: "succeeded" } });
  writer.stop();
  const whole = await Promise.all(busy_followers.map(({ received }) => received));
  const sum = sha256(linesText(Number(readFileSync(writer.written, "utf8"))));
  for (const received of whole)
    expect(received).toMatchObject({ sha256: sum, dense: true, gaps: [], end: { status: "succeeded" } });
});

it.concurrent("a follower notices that its new connection carries nothing", () =>
  expectFound(...mute_followers.map(({ found_at_ms }) => found_at_ms)));

it.concurrent("the command line continues, and ends with the action", async () => {
  await expectFound(tail.ended_at_ms, run.ended_at_ms);
  expect(tail.stdout).toContain(BEFORE + DURING);
  expect([await tail.code, await run.code]).toEqual([0, 7]);
});

it.concurrent("a log notices that its follower is gone, and frees its place", () =>
  expectFound(slot_free_at_ms));

it.concurrent("an agent notices that its pool and its uploads are unreachable", async () => {
  await expectFound(link_found_at_ms, output_goes_on_at_ms);
  await until("it is back", () => agent.log.split("agent ready").length === 3);
});

it.concurrent("a pool notices that an agent is gone, and its grace time begins", () =>
  expectFound(abandoned_at_ms.then((at_ms) => at_ms - GRACE_MS)));
