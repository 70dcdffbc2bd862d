import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { liveProcesses } from "../../agent/process/table.ts";
import type { Client } from "../../protocol/client/client.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { enginesOf } from "../support/engines.ts";
import { afterTest, clientOf, ROOT, scratch, until } from "../support/world.ts";

interface Started {
  /** Its stderr so far: the agent's log. */
  said: () => string;
  child: ChildProcess;
  state: string;
  url: string;
  key: string;
  client: Client;
}

/** Starts the server as `npm start` does, and reads until it is ready. */
async function start(
  state = join(scratch(), "state"),
  env: Record<string, string> = {},
  { detached = false } = {},
): Promise<Started> {
  const child = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--state", state], {
    cwd: ROOT,
    detached,
    env: { ...process.env, ...env },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  afterTest(() => child.kill("SIGKILL"));
  await until("it is ready", () => stdout.includes("\n"));
  const settings = parseEnv(readFileSync(join(state, "env"), "utf8"));
  const { TAILRACE_URL: url = "", TAILRACE_API_KEY: key = "" } = settings;
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(stdout).toBe(`ready ${url}\n`);
  return { child, state, url, key, client: clientOf(url, key), said: () => stderr };
}

function engineOf({ pid = 0 }: ChildProcess): number {
  const engines = enginesOf(pid);
  expect(engines).toHaveLength(1);
  return engines[0] ?? 0;
}

function isAlive(pid: number): boolean {
  return liveProcesses().some((process) => process.pid === pid);
}

async function stop({ child }: Started): Promise<void> {
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
}

/** A port that is free at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Whether a program listens on a port. */
async function isTaken(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe("start", () => {
  it("ignores the files from which wrangler reads secrets, and does not mention them", async () => {
    const file = join(ROOT, ".env.local");
    writeFileSync(file, "NOBODY_READS_THIS=1\n");
    afterTest(() => rmSync(file));
    // `start` checks that nothing else is printed.
    await start();
  });

  it("writes a file to source, keeps its state over a restart, and stops completely at Ctrl-C", async () => {
    const { child, state, url } = await start();
    const file = join(state, "env");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const sourced = (command: string) =>
      spawnSync("/bin/sh", ["-c", `. "${file}"; ${command}`], {
        cwd: ROOT,
        encoding: "utf8",
        env: bareEnvironment(),
      }).stdout;
    expect(sourced("echo $TAILRACE_URL").trim()).toBe(url);
    const run = `"${process.execPath}" cli/main.ts run --tail core.local`;
    // The agent is one bundled file here, and its template thread another.
    expect(sourced(`${run} "cmd=echo {{ 6 * 7 }}"`)).toContain("42\n");
    // Programs may start their own engines.
    expect(sourced(`${run} 'cmd=echo engine: $MINIFLARE_WORKERD_PATH'`)).toContain("engine:\n");
    expect(sourced(`${run} echo kept`)).toContain("kept\n");
    const engine = engineOf(child);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(isAlive(engine)).toBe(false);

    const again = await start(state);
    expect(sourced(`"${process.execPath}" cli/main.ts execution output last`)).toBe("kept\n");
    again.child.kill("SIGTERM");
    expect(await once(again.child, "exit")).toEqual([0, null]);
  });

  it("lets runs end at a SIGTERM to its whole process group, as `timeout` sends it", async () => {
    const { child, client, said } = await start(undefined, {}, { detached: true });
    const { id } = await client.create({ action: "core.local", parameters: { cmd: "echo up; sleep 1" } });
    await until("it runs", async () => (await client.get(id)).output?.last_seq === 1);
    process.kill(-(child.pid ?? 0), "SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(said()).toContain(`execution ${id}: ended`);
  });

  it("runs on when its log and its stdout take nothing, as on a full disk", async () => {
    const state = join(scratch(), "state");
    const full = openSync("/dev/full", "w");
    const args = ["cli/main.ts", "start", "--port", "0", "--state", state];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", full, full] });
    afterTest(() => child.kill("SIGKILL"));
    const file = join(state, "env");
    const settings = () => parseEnv(readFileSync(file, "utf8"));
    await until("it has an address", () => existsSync(file) || child.exitCode !== null);
    const client = clientOf(settings().TAILRACE_URL ?? "", settings().TAILRACE_API_KEY ?? "");
    const parameters = { cmd: "echo on" };
    // The agent has written lines by then, and the server has passed them on.
    await until("its agent is there", async () => (await client.agents()).length > 0);
    const { id } = await client.create({ action: "core.local", parameters });
    await until("a run has ended", async () => (await client.get(id)).status === "succeeded");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("stops while readers wait for more output", async () => {
    const { child, url, key, client, said } = await start();
    const { id } = await client.create({ action: "core.local", parameters: { cmd: "echo up; sleep 60" } });
    const { body } = await fetch(`${url}/api/v1/executions/${id}/output`, {
      headers: { accept: "text/event-stream", "st2-api-key": key },
    });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let read = "";
    while (!read.includes('"up\\n"')) read += (await reader?.read())?.value ?? "";
    const engine = engineOf(child);
    child.kill("SIGINT");
    await until("it waits for the run", () => said().includes(`waits for 1 run to end: ${id}`));
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(isAlive(engine)).toBe(false);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "lets runs end at %s, and stores their whole output",
    async (signal) => {
      const { child, state, client, said } = await start();
      const go = join(scratch(), "go");
      const cmd = `echo begun; until [ -e ${go} ]; do sleep 0.05; done; echo ended`;
      const { id } = await client.create({ action: "core.local", parameters: { cmd } });
      await until("it runs", async () => (await client.get(id)).output?.last_seq === 1);
      child.kill(signal);
      await until("it waits for the run", () => said().includes(`waits for 1 run to end: ${id}`));
      const late = await client.create({ action: "core.local", parameters: { cmd: "echo late" } });
      await until("the pool knows", async () =>
        (await client.get(late.id)).waiting?.reason.includes("it stops once its runs have ended"),
      );
      writeFileSync(go, "");
      expect(await once(child, "exit")).toEqual([0, null]);
      const again = await start(state);
      expect(await (await again.client.output(id)).text()).toBe("begun\nended\n");
      expect((await again.client.get(id)).status).toBe("succeeded");
      expect(await (await again.client.output(late.id)).text()).toBe("late\n");
      await stop(again);
    },
  );

  it("starts a third engine after a second crash", async () => {
    const { child, client } = await start();
    const crashed = new Set<number>();
    for (let engine = engineOf(child); crashed.size < 3; ) {
      process.kill(engine, "SIGKILL");
      crashed.add(engine);
      // At once, before the engine listens.
      engine = await until("another engine starts", () =>
        enginesOf(child.pid ?? 0).find((pid) => !crashed.has(pid)),
      );
    }
    await until("it answers", () => client.list().catch(() => undefined));
  });

  it("runs an engine that refers to no file of the checkout, which may be upgraded under it", async () => {
    const { state, url } = await start();
    const page = await fetch(url, { headers: { accept: "text/html" } });
    expect(await page.text()).toMatch(/^<!doctype html>/i);
    const engine = join(state, "engine");
    for (const name of readdirSync(engine).filter((name) => name.endsWith(".capnp")))
      expect(readFileSync(join(engine, name), "utf8")).not.toContain(ROOT);
  });

  it("starts another engine after a crash, and that engine ends with the server", async () => {
    const env = { TAILRACE_SERVER_LOG_FORMAT: "json" };
    const { child, client, said } = await start(undefined, env);
    const crashed = engineOf(child);
    process.kill(crashed, "SIGKILL");
    const engine = await until("another engine is up", () =>
      enginesOf(child.pid ?? 0).find((pid) => pid !== crashed),
    );
    await until("it answers", () => client.list().catch(() => undefined));
    // Each event of the server and of its agent is one object.
    const lines = () =>
      said()
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const event = (level: string, text: string) => ({ time, level, message: expect.stringContaining(text) });
    await until("both are ready", () => /agent ready.*up again/s.test(said()));
    expect(lines()).toEqual(
      expect.arrayContaining([
        event("info", "agent ready"),
        event("warn", "The engine has ended (it ended with SIGKILL); starting it again."),
        event("info", "The engine is up again."),
      ]),
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("the engine is gone", () => !isAlive(engine));
  });

  it("leaves no engine behind when it is killed during its start", async () => {
    const port = await freePort();
    const args = ["cli/main.ts", "start", "--port", String(port), "--state", join(scratch(), "state")];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "ignore" });
    await until("the engine listens", () => isTaken(port));
    // The engine is up, and the server has not noticed it.
    child.kill("SIGSTOP");
    await until("the engine answers", () => fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined));
    const engine = engineOf(child);
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("the engine is gone", () => !isAlive(engine));
  });

  it("reports that the port or the folder is taken, and does not disturb the other server", async () => {
    const { state, url } = await start();
    const { port } = new URL(url);
    const same_port = await runCommandLine(["start", "--port", port, "--state", join(scratch(), "state")]);
    expect(same_port).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port} is in use`) });
    const settings = readFileSync(join(state, "env"), "utf8");
    const same_state = await runCommandLine(["start", "--port", "0", "--state", state]);
    expect(same_state).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is in use by a running server"),
    });
    expect(readFileSync(join(state, "env"), "utf8")).toBe(settings);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe("the processes of a local server", () => {
  /** The names of a process's children. */
  const childrenOf = ({ pid }: ChildProcess) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map((child) => basename(readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0")[0] ?? ""))
      .sort();

  /** Fails when the bundler is loaded. */
  const WITHOUT_BUNDLER = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(name, context, next) {
        if (name === "esbuild") throw new Error("the bundler was loaded");
        return next(name, context);
      },
    });
  `)}`;

  it("are the server, its guard, the engine and the agent, also after a build", async () => {
    // Nothing is kept in this cache.
    const XDG_CACHE_HOME = scratch();
    const without_bundler = { XDG_CACHE_HOME, NODE_OPTIONS: `--import=${WITHOUT_BUNDLER}` };
    const refused = await runCommandLine(["start", "--port", "0", "--state", join(scratch(), "state")], {
      env: { ...process.env, ...without_bundler },
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("the bundler was loaded") });
    const built = await start(undefined, { XDG_CACHE_HOME });
    expect(childrenOf(built.child)).toEqual(["node", "sh", "workerd"]);
    await stop(built);

    const kept = await start(undefined, without_bundler);
    expect(childrenOf(kept.child)).toEqual(["node", "sh", "workerd"]);
    await stop(kept);
  });

  it("are no bundler's under an agent of its own, just after it was built", async () => {
    const args = ["agent", "--url", `http://127.0.0.1:${await freePort()}`, "--state", scratch()];
    const child = spawn(process.execPath, ["cli/main.ts", ...args], {
      cwd: ROOT,
      env: { ...process.env, XDG_CACHE_HOME: scratch(), TAILRACE_API_KEY: "tr_unknown" },
    });
    afterTest(() => child.kill("SIGKILL"));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until("the agent runs", () => said.includes("no connection to the pool"));
    expect(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).toBe("");
  });
});

describe("the agent of a local server", () => {
  const runs = async (client: Client) => {
    const { id } = await client.create({ action: "core.local", parameters: { cmd: "echo it runs" } });
    expect(await (await client.output(id)).text()).toBe("it runs\n");
  };
  /** The id of the connected agent, once it differs from the given one. */
  const another = (client: Client, than: string) =>
    until("another agent is connected", async () =>
      (await client.agents()).map(({ id }) => id).find((id) => id !== than),
    );

  it("keeps its identity over a restart, without a key", async () => {
    const first = await start();
    const [agent] = await first.client.agents();
    expect(statSync(join(first.state, "agent/identity.json")).mode & 0o777).toBe(0o600);
    const [key] = await first.client.identity.apiKeys("agent");
    await first.client.identity.deleteApiKey(key?.id ?? "");
    await stop(first);
    const again = await start(first.state);
    expect((await again.client.agents()).map(({ id }) => id)).toEqual([agent?.id]);
    expect(again.said()).toContain("the server does not know the stored key of the pool: creating a new one");
    expect(again.said()).not.toContain("registered as agent");
    await runs(again.client);
  });

  it.each([
    ["revoked", async (_: Client) => undefined],
    [
      "revoked, and its pool's key deleted",
      async (client: Client) => {
        for (const { id } of await client.identity.apiKeys("agent")) await client.identity.deleteApiKey(id);
      },
    ],
  ])("that is %s registers again, and reports it", async (_, before) => {
    const { client, said } = await start();
    const [agent] = await client.agents();
    await before(client);
    await client.identity.revokeAgent(agent?.id ?? "");
    const id = await another(client, agent?.id ?? "");
    await until("it says so", () => said().includes(`registered as agent ${id} of the pool default`));
    expect(said()).toContain(`The agent ${agent?.id} is revoked`);
    await runs(client);
  });

  it.each([
    ["the index", ["store/v3/d1", "store/d1"]],
    ["the agent's folder and the pool's key", ["agent", "agent.key"]],
  ])("starts again without %s", async (_, lost) => {
    const first = await start();
    await stop(first);
    const before = readdirSync(first.state, { recursive: true }).length;
    for (const path of lost) rmSync(join(first.state, path), { recursive: true, force: true });
    expect(readdirSync(first.state, { recursive: true }).length).toBeLessThan(before);
    const again = await start(first.state);
    await runs(again.client);
    expect(await again.client.agents()).toHaveLength(1);
    await stop(again);
  });
});

describe("demo", () => {
  it("shows an output live, checks that all of it came, and leaves no files behind", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("tailrace-demo-"));
    const { code, stdout } = await runCommandLine(["demo"]);
    expect(stdout).toContain("stdout line 24\n");
    expect(stdout).toMatch(/complete: all 351 bytes in \d+ chunks/);
    expect(stdout).toContain("What to try next:");
    expect(code).toBe(0);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("tailrace-demo-"))).toEqual(before);
  });
});

describe("the development server", () => {
  it("gets its own secrets once, and only their owner can read them", () => {
    const folder = scratch();
    const make = () => spawnSync(process.execPath, [join(ROOT, "cli/dev-vars.ts")], { cwd: folder });
    make();
    const file = join(folder, ".dev.vars");
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^TAILRACE_API_KEY="tr_[\w-]{43}"\nTAILRACE_SECRET="[\w-]{43}"\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    make();
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});
