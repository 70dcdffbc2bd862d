// @module-tag root
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROTOCOL_VERSION } from "../../protocol/wire/version.ts";
import { BAD_SERVERS, badServer, untrustedServer } from "../support/bad-servers.ts";
import { ShiftedClock } from "../support/clock.ts";
import {
  bareEnvironment,
  type RunOptions,
  runCommandLine,
  userEnvironment,
} from "../support/command-line.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { afterTest, clientOf, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

interface Finding {
  check: string;
  ok: boolean;
  text: string;
  advice?: string;
}

/** A run of the doctor in which a fault has been planted. */
interface Planted {
  env?: NodeJS.ProcessEnv;
  args?: string[];
  cwd?: string;
  clock?: ShiftedClock;
}

async function examine({ env = {}, args = [], ...options }: Planted) {
  const run: RunOptions = { cwd: scratch(), ...options, env: { ...userEnvironment(world), ...env } };
  const { code, stdout, stderr } = await runCommandLine(["doctor", "--json", ...args], run);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  return (JSON.parse(stdout) as Finding[]).filter(({ ok }) => !ok);
}

const at = (url: string): Planted => ({ env: { TAILRACE_URL: url } });
const inPool = (pool: string): Planted => ({ args: ["--pool", pool] });

/** A server that only says its versions. */
async function serverOf(range: string): Promise<string> {
  const health = JSON.stringify({ ok: true, name: "tailrace", version: "9", time: new Date().toISOString() });
  const server = createServer((_, response) => {
    response.setHeader("tailrace-protocol", range);
    response.end(health);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  afterTest(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function identityIn(pool: string, name: string) {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool });
  return clientOf(world.server.url, key).identity.registerAgent({ name });
}

/** A connected agent that says whatever the test wants. */
async function agentIn(pool: string, over: Record<string, unknown> = {}, name = "odd"): Promise<void> {
  const { secret } = await identityIn(pool, name);
  const address = `${world.server.url.replace("http", "ws")}/agent/v1/pools/${pool}/connect`;
  const socket = new WebSocket(address, { headers: { "st2-api-key": secret } });
  afterTest(() => socket.close());
  const hello = {
    type: "hello",
    protocol: PROTOCOL_VERSION,
    name,
    version: "0.0.9",
    slots: 1,
    runners: ["local-shell-cmd"],
    leases: [],
  };
  await new Promise<void>((welcomed) => {
    socket.addEventListener("open", () => socket.send(JSON.stringify({ ...hello, ...over })));
    socket.addEventListener("message", () => welcomed(), { once: true });
  });
}

function pack(ref: string, digit: string) {
  return { ref, version: "1", digest: digit.repeat(64) };
}

/** Each fault: how it is planted, the check that finds it, its text, and the next step. */
const FAULTS: [
  name: string,
  plant: () => Planted | Promise<Planted>,
  check: string,
  text: RegExp,
  advice: RegExp,
][] = [
  ["a server that does not run", () => at("http://127.0.0.1:1"), "url", /does not answer/, /Is it running\?/],
  [
    "a name that does not exist",
    () => at("http://nowhere.invalid"),
    "url",
    /nowhere\.invalid/,
    /Check the name nowhere\.invalid/,
  ],
  [
    "a URL with a path",
    () => at(`${world.server.url}/executions`),
    "url",
    /has a path/,
    /without \/executions/,
  ],
  [
    "a proxy's page",
    async () => at(await badServer("a proxy's page")),
    "url",
    /is not Tailrace/,
    /--url URL/,
  ],
  [
    "https where there is no TLS",
    () => at(world.server.url.replace("http:", "https:")),
    "url",
    /does not answer/,
    /speaks no TLS/,
  ],
  [
    "an untrusted certificate",
    async () => at(await untrustedServer()),
    "url",
    /certificate/,
    /NODE_EXTRA_CA_CERTS=FILE/,
  ],
  [
    "an older server",
    async () => at(await serverOf("1")),
    "release",
    /speaks version 1/,
    /Upgrade the server/,
  ],
  [
    "a newer server",
    async () => at(await serverOf("8-9")),
    "release",
    /speaks version 8-9/,
    /Upgrade this command line/,
  ],
  [
    "a wrong clock",
    () => ({ clock: new ShiftedClock(3_600_000) }),
    "clock",
    /this host is .* ahead/,
    /timedatectl/,
  ],
  ["a wrong key", () => ({ env: { TAILRACE_API_KEY: "tr_wrong" } }), "key", /unauthorized/, /environment/],
  ["a key that may not list agents", poolKey, "key", /forbidden/, /Use this server's key/],
  ["a pool without agents", () => inPool("empty"), "pool", /"empty" has no agent$/, /tailrace agent --url/],
  ["an agent that is away", away, "pool", /gone was last seen/, /Start it again/],
  [
    "an agent's wrong clock",
    () => withAgent("late", { clock_skew_ms: -90_000 }),
    "clock",
    /agent odd is .* behind/,
    /timedatectl/,
  ],
  [
    "an agent whose disk is full",
    () => withAgent("full", { unable: "the disk of /x is full: make room on it" }),
    "agent",
    /odd takes no new work: .*make room/,
    /^$/,
  ],
  [
    "an old agent",
    () => withAgent("old", { protocol: PROTOCOL_VERSION - 1 }),
    "upgrade",
    /odd \(0\.0\.9\) speaks version 2/,
    /Upgrade the agent/,
  ],
  ["an agent without a pack", unequalPacks, "packs", /other has no pack web, which odd has/, /--packs DIR/],
  [
    "agents with different packs",
    differentPacks,
    "packs",
    /agents odd, other have different files of the pack web/,
    /--packs DIR/,
  ],
  [
    "agents without a runner",
    () => withAgent("poor", {}),
    "runners",
    /no agent has .*python-script/,
    /Upgrade the agents/,
  ],
  ["busy slots", busy, "slots", /all slots .* are busy/, /--slots N/],
  [
    "a proxy without WebSockets",
    () => withoutSockets(),
    "socket",
    /WebSockets do not/,
    /Upgrade and Connection/,
  ],
  [
    "a proxy without WebSockets that has a name",
    () => withoutSockets("nginx/1.27"),
    "socket",
    /WebSockets do not/,
    /^nginx\/1\.27 answers for the server/,
  ],
  ["an index without a migration", behind, "run", /tailrace deploy.*index_behind/, /\S/],
  ["a disk that is nearly full", nearlyFull, "disk", /nearly full: \d+ MB are free/, /Make room/],
  ["a key that others can read", openKey, "files", /can read the key in .*my\.key/, /chmod 600/],
  [
    "a stale agent.key",
    staleKey,
    "files",
    /does not know the key in \.tailrace\/agent\.key/,
    /Start the server again/,
  ],
  [
    "the same in a state folder elsewhere",
    () => ({ args: ["--state", join(String(staleKey().cwd), ".tailrace")] }),
    "files",
    /does not know the key in \/.*\/agent\.key/,
    /Start the server again/,
  ],
  [
    "a state folder that does not exist",
    () => ({ env: { TAILRACE_SERVER_STATE: "/nowhere" } }),
    "files",
    /no state folder \/nowhere/,
    /--state DIR/,
  ],
];

describe("the doctor finds", () => {
  it.each(FAULTS)("%s", async (_, plant, check, text, advice) => {
    const found = await examine(await plant());
    const texts = found.map((finding) => ({ ...finding, advice: finding.advice ?? "" }));
    expect(texts).toContainEqual(
      expect.objectContaining({
        check,
        text: expect.stringMatching(text),
        advice: expect.stringMatching(advice),
      }),
    );
  });

  it("no key at all", async () => {
    const env = { ...bareEnvironment(), TAILRACE_URL: world.server.url };
    const { code, stderr } = await runCommandLine(["doctor"], { env, cwd: scratch() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^No key .*\n$/) });
  });
});

it.each(Object.keys(BAD_SERVERS))("the doctor says what to do about %s", async (name) => {
  const [finding] = await examine(at(await badServer(name)));
  expect(finding).toMatchObject({ check: "url", advice: expect.stringMatching(/\S/) });
});

async function poolKey(): Promise<Planted> {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "default" });
  return { env: { TAILRACE_API_KEY: key } };
}

async function withAgent(pool: string, over: Record<string, unknown>): Promise<Planted> {
  await agentIn(pool, over);
  return inPool(pool);
}

async function away(): Promise<Planted> {
  await identityIn("left", "gone");
  return inPool("left");
}

async function unequalPacks(): Promise<Planted> {
  await agentIn("unequal", { packs: [pack("web", "1")] });
  await agentIn("unequal", {}, "other");
  return inPool("unequal");
}

async function differentPacks(): Promise<Planted> {
  await agentIn("mixed", { packs: [pack("web", "1")] });
  await agentIn("mixed", { packs: [pack("web", "2")] }, "other");
  return inPool("mixed");
}

async function busy(): Promise<Planted> {
  await world.client.register({
    pool: "busy",
    actions: [{ pack: "core", name: "local", runner_type: "local-shell-cmd" }],
  });
  await agentIn("busy", { packs: [pack("core", "1")] });
  await world.client.create({ action: "core.local", pool: "busy", parameters: { cmd: "true" } });
  await until("the agent is busy", async () => (await world.client.agents("busy"))[0]?.busy === 1);
  return inPool("busy");
}

async function withoutSockets(name?: string): Promise<Planted> {
  const proxy = await FaultyProxy.before(world.server.url);
  afterTest(() => proxy.close());
  proxy.name = name;
  proxy.upgrade_page = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
  return at(proxy.url);
}

async function behind(): Promise<Planted> {
  await world.server.index.run("ALTER TABLE actions RENAME TO actions_away");
  afterTest(() => world.server.index.run("ALTER TABLE actions_away RENAME TO actions"));
  return {};
}

function nearlyFull(): Planted {
  const disk = new SmallDisk(scratch(), 64 * 1024 * 1024);
  afterTest(() => disk.unmount());
  mkdirSync(join(disk.folder, ".tailrace"));
  disk.fill(1024 * 1024);
  return { cwd: disk.folder };
}

function openKey(): Planted {
  const file = join(scratch(), "my.key");
  writeFileSync(file, world.server.apiKey, { mode: 0o644 });
  return { args: ["--key-file", file] };
}

function staleKey(): Planted {
  const cwd = scratch();
  mkdirSync(join(cwd, ".tailrace"));
  writeFileSync(join(cwd, ".tailrace/env"), `export TAILRACE_URL='${world.server.url}'\n`, { mode: 0o600 });
  writeFileSync(join(cwd, ".tailrace/agent.key"), "tr_of_another_index\n", { mode: 0o600 });
  return { cwd };
}
