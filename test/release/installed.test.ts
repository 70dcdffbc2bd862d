import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { Installation, makeRelease, nodeOf } from "../support/installation.ts";
import { afterTest, ROOT, scratch, until } from "../support/world.ts";

/** A release, an installation and the download of two programs. */
const PREPARATION_MS_MAX = 180_000;

/** The oldest Node that the package promises. */
const OLDEST = "22.15.0";
const TOO_OLD = "20.19.0";

let installed: Installation;
let oldest: string;
let too_old: string;

beforeAll(async () => {
  [installed, oldest, too_old] = await Promise.all([
    makeRelease(["package"]).then(Installation.of),
    nodeOf(OLDEST),
    nodeOf(TOO_OLD),
  ]);
}, PREPARATION_MS_MAX);

describe("the installed package", () => {
  it("needs the engine and no other package", () => {
    expect(readdirSync(join(installed.folder, "node_modules")).filter(isPackage).sort()).toEqual([
      "@cloudflare",
      "workerd",
    ]);
    const [engine = "", ...others] = readdirSync(join(installed.folder, "node_modules/@cloudflare"));
    expect(engine).toMatch(/^workerd-/);
    expect(others).toEqual([]);
  });

  it("has a README, its licence, and those of the packages in it", () => {
    const textOf = (name: string) => readFileSync(join(installed.folder, name), "utf8");
    expect(textOf("README.md")).toContain("tailrace demo");
    expect(textOf("LICENSE")).toContain("Apache License");
    for (const name of ["hono", "commander", "yaml", "preact"])
      expect(textOf("THIRD-PARTY")).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  it("gives man its manual page", () => {
    const page = readFileSync(join(installed.folder, "../../../share/man/man1/tailrace.1"), "utf8");
    expect(page).toMatch(/^\.TH TAILRACE 1 /m);
    expect(page).toContain("execution tail [");
  });

  it("says on an older Node what it needs, and exits with 1", async () => {
    const { code, stdout, stderr } = await installed.run(["--version"], installed.environment(too_old));
    expect(stderr).toBe(
      `Tailrace needs Node ${OLDEST} or later, and this is ${TOO_OLD} (${too_old}). Install a newer Node: https://nodejs.org\n`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("runs the demo, which names no other way to run a command", async () => {
    const { code, stdout } = await installed.run(["demo"], installed.environment(oldest));
    expect(stdout).toContain("complete: all 351 bytes");
    expect(stdout).toContain("  tailrace start ");
    expect(stdout).not.toMatch(/\bnpx?\b/);
    expect(code).toBe(0);
  });

  it("deploys its own Worker, by the wrangler that is installed beside it", async () => {
    symlinkSync(join(ROOT, "node_modules/wrangler"), join(installed.folder, "../wrangler"));
    const ran = await installed.run(["deploy", "--dry-run"], installed.environment(process.execPath));
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("wrangler builds the Worker with this configuration.");
  });

  describe.each([
    { name: `Node ${OLDEST}`, node: () => oldest },
    { name: "the Node of these tests", node: () => process.execPath },
  ])("on $name", ({ node }) => {
    it("shows its version", async () => {
      const ran = await installed.run(["--version"], installed.environment(node()));
      expect(ran).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
    });

    it("reads packs as an agent would", async () => {
      const pack = join(installed.folder, "agent/packs/examples");
      const ran = await installed.run(["pack", "validate", pack], installed.environment(node()));
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("valid") });
    });

    it("serves, runs actions here and on another agent, and builds nothing", async () => {
      const env = installed.environment(node());
      const state = join(scratch(), "state");
      const server = installed.start(["start", "--port", "0", "--state", state], env);
      const log = collected(server);
      afterTest(() => ended(server));
      await until("the server is ready", () => log().includes("ready http"));
      const user = {
        ...env,
        ...parseEnv(readFileSync(join(state, "env"), "utf8").replaceAll("export ", "")),
      };

      const counted = await installed.run(["run", "examples.count", "count=3", "--tail"], user);
      expect(counted).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("stdout line 2\nstderr line 3"),
      });
      const python = await installed.run(["run", "examples.count_python", "count=2", "--tail"], user);
      expect(python).toMatchObject({ code: 0, stdout: expect.stringContaining("line 2") });
      const chain = await installed.run(["run", "examples.count_chain", "--tail"], user);
      expect(chain).toMatchObject({ code: 0, stdout: expect.stringContaining("line 1") });

      const page = await fetch(user.TAILRACE_URL ?? "", { headers: { accept: "text/html" } });
      expect(page.headers.get("content-type")).toContain("text/html");
      expect(await page.text()).toContain("<script");

      const key = join(scratch(), "pool.key");
      const made = await installed.run(
        ["apikey", "create", "--user", "agent", "--role", "agent", "--pool", "far"],
        user,
      );
      writeFileSync(key, made.stdout, { mode: 0o600 });
      const agent = installed.start(
        ["agent", "--url", user.TAILRACE_URL ?? "", "--key-file", key, "--state", scratch()],
        env,
      );
      const agent_log = collected(agent);
      afterTest(() => ended(agent));
      await until("the agent is ready", () => agent_log().includes("agent ready"));
      const far = await installed.run(
        ["run", "core.local", "--pool", "far", "--tail", "cmd=echo from afar"],
        user,
      );
      expect(far).toMatchObject({ code: 0, stdout: expect.stringContaining("from afar") });

      expect(await ended(agent)).toBe(0);
      expect(await ended(server)).toBe(0);
      expect(log() + agent_log()).not.toContain("Warning");
      expect(existsSync(join(installed.home, ".cache/tailrace/built"))).toBe(false);
    });
  });
});

function isPackage(name: string): boolean {
  return !name.startsWith(".");
}

/** What a program has printed so far. */
function collected(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}

/** Stops a program and waits for its end. */
async function ended(child: ChildProcess): Promise<number | null> {
  child.kill("SIGTERM");
  await until("it has ended", () => child.exitCode !== null || child.signalCode !== null);
  return child.exitCode;
}
