import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BAD_SERVERS, badServer, untrustedServer } from "../support/bad-servers.ts";
import { bareEnvironment } from "../support/command-line.ts";
import { expectTelling } from "../support/messages.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { afterTest, ROOT, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function poolKey(pool: string): Promise<string> {
  return (await world.client.createKey({ user: "agent", role: "agent", pool })).key;
}

function agentAt(url: string, key: string, args: string[] = [], state = scratch()): TestAgent {
  const agent = new TestAgent(url, key, args, state).start();
  afterTest(() => agent.stop("SIGKILL"));
  return agent;
}

/** The first warning in an agent's log, without its time. */
async function firstWarning(agent: TestAgent): Promise<string> {
  const line = await until("it warns", () => /^\S+ warn (no connection[^\n]*\n)/m.exec(agent.log)?.[1]);
  expectTelling(line);
  return line;
}

describe("an agent without a connection says in one line why, and where to look", () => {
  it.each(Object.keys(BAD_SERVERS))("when the server is bad: %s", async (name) => {
    const url = await badServer(name);
    const line = await firstWarning(agentAt(url, "tr_x"));
    expect(line).toMatch(/^no connection to the pool \(.+\); tried once, .* curl http:\S+\/healthz\n$/);
  });

  it("when nothing listens, when the host does not exist, and when the certificate is not trusted", async () => {
    const said: [string, RegExp][] = [
      ["http://127.0.0.1:45999", /nothing listens at 127\.0\.0\.1:45999 \(ECONNREFUSED\)/],
      [
        "https://nowhere.invalid",
        /no host is named nowhere\.invalid|nowhere\.invalid cannot be resolved now/,
      ],
      [await untrustedServer(), /its certificate is not trusted/],
    ];
    for (const [url, cause] of said) expect(await firstWarning(agentAt(url, "tr_x"))).toMatch(cause);
  });

  it("at the first try and then ever more rarely, and reports when it is connected", async () => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    proxy.page = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const agent = agentAt(proxy.url, await poolKey("behind"), ["--pool", "behind"]);
    await firstWarning(agent);
    const asked = proxy.answered;
    await until("it has tried again", () => proxy.answered >= asked + 4);
    const tries = [...agent.log.matchAll(/; tried (once|\d+ times), trying until/g)].map(
      ([, tries]) => tries,
    );
    expect(tries).toEqual(["once", "2 times", "4 times"]);
    proxy.page = undefined;
    await agent.ready();
    expect(agent.log.trimEnd().split("\n").at(-1)).toMatch(/ info agent ready: test in pool behind/);
  });

  it("when a proxy passes no WebSocket on", async () => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    proxy.upgrade_page = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const agent = agentAt(proxy.url, await poolKey("no-sockets"));
    expect(await firstWarning(agent)).toContain(
      "the WebSocket failed: Unexpected server response: 400; a proxy may block it",
    );
  });
});

describe("an agent that cannot start says in one line why, and the next step", () => {
  async function refusal(args: string[], key?: string): Promise<string> {
    const child = spawn(process.execPath, ["agent/main.ts", ...args], {
      cwd: ROOT,
      env: { ...bareEnvironment(), ...(key === undefined ? {} : { TAILRACE_API_KEY: key }) },
    });
    afterTest(() => child.kill("SIGKILL"));
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = await once(child, "close");
    expect(code).toBeGreaterThan(0);
    expectTelling(stderr);
    return stderr;
  }

  it.each([
    ["no URL", [], /--url is missing/],
    ["an invalid URL", ["--url", "http://["], /is not a URL/],
    ["no state", ["--url", "http://127.0.0.1:1"], /--state is missing/],
    ["no key", ["--url", "http://127.0.0.1:1", "--state", "STATE"], /TAILRACE_API_KEY is not set/],
    ["an unknown flag", ["--nothing"], /Unknown option '--nothing'/],
    [
      "a state folder that cannot be used",
      ["--url", "http://127.0.0.1:1", "--state", "/proc/x"],
      /cannot be used/,
    ],
    [
      "slots that are no number",
      ["--url", "http://127.0.0.1:1", "--state", "STATE", "--slots", "many"],
      /--slots/,
    ],
  ])("%s", async (_, args, text) => {
    expect(await refusal(args.map((arg) => (arg === "STATE" ? scratch() : arg)))).toMatch(text);
  });

  it("for a wrong key, another pool's key, a user's key, and a state of a later release", async () => {
    const url = world.server.url;
    const start = (state = scratch()) => ["--url", url, "--state", state];
    expect(await refusal(start(), "tr_wrong")).toMatch(/may not register: Unauthorized/);
    expect(await refusal([...start(), "--pool", "other"], await poolKey("default"))).toMatch(/other/);
    expect(await refusal(start(), world.server.apiKey)).toMatch(/may not register/);
    const newer = scratch();
    writeFileSync(join(newer, "version"), "99\n");
    expect(await refusal(start(newer), "tr_x")).toMatch(/written by a later release/);
  });
});
