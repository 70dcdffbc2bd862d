import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND_LINE } from "../support/built-programs.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { afterTest, ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld();
  env = userEnvironment(world);
  await world.client.create({ action: "core.local", parameters: { cmd: "seq 50000" } });
});
afterAll(() => world.stop());

const MAIN = `"${process.execPath}" "${COMMAND_LINE}"`;

/** Every command that prints and then ends. */
const PRINTING = [
  "version",
  "-h",
  "execution -h",
  "run core.noop",
  "run core.local cmd='seq 50000' --tail",
  "run core.local cmd='seq 50000' --json",
  "tail last --no-follow",
  "execution list",
  "execution list --json",
  "execution get last",
  "execution output last",
  "execution tail last",
  "execution pin last",
  "execution unpin last",
  "execution link last",
  "execution link list",
  "action list",
  "runner list",
  "pack list",
  "key set shown value",
  "key list",
  "key get shown",
  "user list",
  "apikey list",
  "apikey create",
  "role list",
  "agent list",
  "audit",
  "audit --json",
  "whoami",
  "doctor",
];

describe("a command", () => {
  it.each(PRINTING)("ends quietly when its stdout is closed early: %s", (command) => {
    const options = { cwd: ROOT, env, encoding: "utf8" } as const;
    const ran = spawnSync("/bin/bash", ["-o", "pipefail", "-c", `${MAIN} ${command} | true`], options);
    expect({ stderr: said(ran.stderr), status: ran.status }).toEqual({ stderr: "", status: 0 });
  });

  it.each(["version", "execution list", "audit --json", "-h"])("works without a stdout: %s", (command) => {
    const options = { cwd: ROOT, env, encoding: "utf8" } as const;
    const ran = spawnSync("/bin/bash", ["-c", `${MAIN} ${command} >&-`], options);
    expect({ stderr: ran.stderr, status: ran.status }).toEqual({ stderr: "", status: 0 });
  });

  it.each(["version", "execution list", "execution output last", "-h"])(
    "reports that it cannot print: %s",
    (command) => {
      const options = { cwd: ROOT, env, encoding: "utf8" } as const;
      const ran = spawnSync("/bin/bash", ["-c", `${MAIN} ${command} >/dev/full`], options);
      expect(ran.status).toBe(1);
      expect(ran.stderr).toMatch(/^The output cannot be written: ENOSPC.*\n$/);
    },
  );

  it.each([
    [["start", "--port", "99999"], 2, /It must be a port, from 0 to 65535/],
    [["start", "--port", "-1"], 2, /It must be a port/],
    [["start", "--port", "1e4"], 2, /It must be a port/],
    [["execution", "list", "-n", "99999999999999999999"], 2, /It must be a whole number/],
    [["login", "ann", "--ttl", "1e308"], 2, /It must be a whole number/],
    [["key", "set", "x", "y", "--ttl", "9007199254740991"], 1, /\(invalid\)/],
    [["whoami", "--url", "http://["], 1, /is not a URL: http:\/\/\[/],
    [["whoami", "--key-file", "/"], 1, /EISDIR/],
    [["whoami", "--key-file", "/nowhere"], 1, /There is no key in \/nowhere/],
    [["execution", "get", "../../healthz"], 1, /./],
    [["execution", "get", "\u0001"], 1, /./],
  ])("%j is explained without a stack trace", async (args, code, text) => {
    const ran = await runCommandLine(args, { env });
    expect(ran.stderr).toMatch(text);
    expect(ran.stderr).not.toMatch(/^ {4}at |node:internal/m);
    expect(ran.code).toBe(code);
  });
});

/** A command's stderr without the lines that are no complaint. */
function said(stderr: string): string {
  return stderr.replace(/^(Anyone with this|To revoke it earlier:|The key of) .*\n/gm, "");
}

/** Paths that cannot be a folder: a file, a path below a file, and paths in folders that take no files. */
function noFolders(): string[] {
  const folder = scratch();
  const file = join(folder, "file");
  writeFileSync(file, "kept");
  return [file, join(file, "below"), "/proc/x", "/proc/x/y", "/dev/null", "/sys/x"];
}

describe("a state folder that cannot be used", () => {
  it("is refused by a server at once, with the reason", async () => {
    for (const state of noFolders()) {
      const ran = await runCommandLine(["start", "--port", "0", "--state", state]);
      expect(ran.stderr).toMatch(new RegExp(`^The folder ${state} cannot be used: .*\\n$`));
      expect(ran.code).toBe(1);
    }
  });

  it("is refused by an agent at once, started alone and by the command line", async () => {
    for (const state of noFolders()) {
      const agent = spawn(process.execPath, ["agent/main.ts", "--url", world.server.url, "--state", state], {
        cwd: ROOT,
        env: { ...env, TAILRACE_API_KEY: "tr_x" },
      });
      afterTest(() => agent.kill("SIGKILL"));
      let stderr = "";
      agent.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const [code] = await once(agent, "close");
      expect(stderr).toMatch(new RegExp(`^The folder ${state} cannot be used: .*\\n`));
      expect(stderr).not.toContain("    at ");
      expect(code).toBe(2);
      const ran = await runCommandLine(["agent", "--state", state], { env });
      expect(ran).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`The folder ${state} cannot be used`),
      });
    }
  });

  it("is refused for sign-ins too", async () => {
    const config = { ...env, TAILRACE_CONFIG: "/proc/x/config.yaml" };
    await world.client.identity.createUser({ name: "ann", password: "correct horse battery" });
    const args = ["login", "ann", "--password-stdin"];
    const ran = await runCommandLine(args, { env: config, input: "correct horse battery\n" });
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("The folder /proc/x cannot be used"),
    });
  });
});

describe("an agent", () => {
  it.each([
    [["--packs", "/nowhere"], /^--packs: \/nowhere: no such folder\. Give the folder of a pack/],
    [["--packs", "/dev/null"], /^--packs: \/dev\/null: it is a file\. Give the folder of a pack/],
    [["--url", "ftp://host"], /^--url does not begin with http:\/\/ or https:\/\/: ftp:\/\/host/],
  ])("does not start with %j, and says why in one line", async (args, text) => {
    const ran = await runCommandLine(["agent", "--state", scratch(), ...args], { env });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(text) });
    expect(ran.stderr).toMatch(/^[^\n]+\n$/);
  });

  it("goes on when the reader of its log is gone", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "unread" });
    const args = ["agent/main.ts", "--url", world.server.url, "--state", scratch(), "--pool", "unread"];
    const agent = spawn(process.execPath, args, { cwd: ROOT, env: { ...env, TAILRACE_API_KEY: key } });
    afterTest(() => agent.kill("SIGKILL"));
    agent.stderr.destroy();
    await until("it is connected", async () => (await world.client.agents("unread")).length > 0);
    expect(agent.exitCode).toBeNull();
  });
});
