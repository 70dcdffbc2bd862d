import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { VERSION } from "../../protocol/base/version.ts";
import { makeBlob } from "../../release/executable.ts";
import { type BuiltExecutable, builtExecutable } from "../support/executable.ts";
import { forwardProxy } from "../support/forward-proxy.ts";
import { expectMainJob, mainJobSettings } from "../support/main-job.ts";
import { Standalone } from "../support/standalone.ts";
import { afterTest, clientOf, ROOT, scratch } from "../support/world.ts";

/** The memory that an idle agent may have for itself: without the pages of its file, which the system can drop. */
const IDLE_KB_MAX = 60 * 1024;

let built: BuiltExecutable;
let file: string;
let server: Server;

beforeAll(async () => {
  [built, server] = await Promise.all([builtExecutable(), startServer({ port: 0, state: scratch() })]);
  file = built.file;
}, 180_000);
afterAll(() => server.stop());

const client = () => clientOf(server.url, server.apiKey);

/** A host's folders: with the pool's key, the settings, and an empty folder to start in. */
async function host(pool: string, url = server.url) {
  const folder = scratch();
  const [state, key_file, config, cwd] = ["state", "pool.key", "agent.toml", "empty"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const { key } = await client().createKey({ user: "agent", role: "agent", pool });
  writeFileSync(key_file, `${key}\n`, { mode: 0o600 });
  writeFileSync(config, mainJobSettings(url, key_file, state));
  mkdirSync(cwd);
  const start = (env: NodeJS.ProcessEnv = {}) => {
    const agent = new Standalone(file, ["--config", config], { cwd, env });
    afterTest(() => agent.stop());
    return agent.ready();
  };
  return { state, cwd, start };
}

const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(file, args, { cwd: scratch(), env, encoding: "utf8" });

describe("the agent as one executable file", () => {
  it("runs every kind of action, with a settings file, in an empty folder and an empty environment", async () => {
    const { cwd, state, start } = await host("one");
    const agent = await start();
    await expectMainJob(client(), "one");
    expect(agent.log).not.toContain(" warn ");
    expect(readdirSync(cwd)).toEqual([]);
    expect(programsIn(state)).toHaveLength(1);
    expect(ownMemoryKB(agent.pid)).toBeLessThan(IDLE_KB_MAX);
    expect(await agent.stop()).toBe(0);
  });

  it("repairs its files at a start, and removes those of other releases at a clean end", async () => {
    const { state, start } = await host("repaired");
    const first = await start();
    await first.stop();
    const [program = ""] = programsIn(state);
    const runner = join(state, program, "python/run_action.py");
    const before = readFileSync(runner, "utf8");
    appendFileSync(runner, "# changed by an action\n");
    mkdirSync(join(state, "program-0123456789abcdef"));
    // Options for Node are for the programs that the agent starts.
    const second = await start({ NODE_OPTIONS: "--no-such-option" });
    expect(readFileSync(runner, "utf8")).toBe(before);
    expect(programsIn(state)).toHaveLength(2);
    await second.stop();
    expect(programsIn(state)).toEqual([program]);
  });

  it("reaches its server through a proxy", async () => {
    const proxy = await forwardProxy(server.url);
    const { start } = await host("behind", "http://tailrace.invalid");
    await start({ HTTP_PROXY: proxy.url, NODE_USE_ENV_PROXY: "1" });
    await expectMainJob(client(), "behind");
    expect([...proxy.asked]).toEqual(["tailrace.invalid"]);
  });

  it("says its version and shows its help without a state folder", () => {
    expect(run(["--version"])).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
    expect(run(["-h"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: tailrace-agent /),
    });
  });

  it("shows which packs it would load", () => {
    const { stdout } = run(["read-packs", join(ROOT, "agent/packs/examples")]);
    expect(JSON.parse(stdout)).toMatchObject({ packs: [{ ref: "examples" }], problems: [] });
  });

  it.each([
    [["--slotz", "3"], /^Unknown option '--slotz'.* See: tailrace-agent --help\n$/],
    [
      ["--url", "http://127.0.0.1:1", "--state", "/proc/x"],
      /^The folder \/proc\/x cannot be used: [^\n]*\n$/,
    ],
    [
      ["--url", "http://127.0.0.1:1", "--state", "state"],
      /^TAILRACE_API_KEY is not set: [^\n]* See: tailrace-agent --help\n$/,
    ],
    [["--config", "/nowhere"], /^--config: the settings file cannot be read: ENOENT[^\n]*\n$/],
  ])("%j: says in one line what is wrong", (args, text) => {
    const { status, stderr } = run(args);
    expect(stderr).toMatch(text);
    expect(status).toBe(2);
  });

  it("exits with 1, so that a service tries again, where it cannot be unpacked now", () => {
    const state = scratch();
    const args = ["--url", "http://127.0.0.1:1", "--state", state];
    run(args);
    const [program = ""] = programsIn(state);
    rmSync(join(state, program), { recursive: true });
    writeFileSync(join(state, program), "");
    const { status, stderr } = run(args);
    expect(stderr).toMatch(/^The program cannot be unpacked into [^\n]* is not a folder. Remove it[^\n]*\n$/);
    expect(status).toBe(1);
  });

  it("is made of a program that is equal each time", async () => {
    const { blob } = await makeBlob(scratch());
    expect(readFileSync(blob).equals(readFileSync(built.blob))).toBe(true);
  });

  it("comes with the licences of Node and of every package in it", () => {
    const names = built.packages.map((name) => name.replace("node_modules/", ""));
    expect(names).toContain("valibot");
    const text = readFileSync(built.licences, "utf8");
    for (const name of [...names, "Node.js"]) expect(text).toMatch(new RegExp(`^${name}( \\d|$)`, "m"));
  });
});

function programsIn(state: string): string[] {
  return readdirSync(state).filter((name) => name.startsWith("program-"));
}

function ownMemoryKB(pid: number): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes);
}
