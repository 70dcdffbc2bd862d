import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import { COMMAND_LINE } from "../support/built-programs.ts";
import { bareEnvironment, type Ran, type RunOptions, runCommandLine } from "../support/command-line.ts";
import { clientOf, scratch, until } from "../support/world.ts";

const PASSWORD = "correct horse battery";

let server: Server;
let admin: NodeJS.ProcessEnv;
beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch(), vars: { RBAC_ENABLED: "true" } });
  admin = { ...bareEnvironment(), TAILRACE_URL: server.url, TAILRACE_API_KEY: server.apiKey };
});
afterAll(() => server.stop());

function tailrace(args: string[], options: RunOptions = {}): Promise<Ran> {
  return runCommandLine(args, { env: admin, cwd: scratch(), ...options });
}

async function json<T>(args: string[], options: RunOptions = {}): Promise<T> {
  const { code, stdout, stderr } = await tailrace([...args, "--json"], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

async function makeUser(name: string): Promise<void> {
  await clientOf(server.url, server.apiKey).identity.createUser({ name, password: PASSWORD });
}

async function signIn(name: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const args = ["login", name, "--url", server.url, "--password-stdin"];
  return tailrace(args, { env, input: `${PASSWORD}\n` });
}

describe("login", () => {
  it("stores a token that only its owner can read, and later commands use it", async () => {
    await makeUser("ann");
    const env = bareEnvironment();
    const { code, stdout, stderr } = await signIn("ann", env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^ann is signed in to ${server.url} until .*Z\n$`));
    const file = join(env.HOME ?? "", ".config", "tailrace", "sign-ins.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain(PASSWORD);
    expect(await json(["whoami"], { env })).toMatchObject({
      username: "ann",
      authentication: { method: "authentication token" },
      rbac: { enabled: true, roles: [], is_admin: false },
    });
    const { stdout: text } = await tailrace(["whoami"], { env });
    expect(text).toMatch(/^user: ann\nby: authentication token, until .*Z\nroles: none\nmay: nothing\n$/);
  });

  it("asks for the password at a terminal, and does not show it", { tags: "bsdutils" }, async () => {
    await makeUser("ben");
    const command = `"${process.execPath}" "${COMMAND_LINE}" login ben --url ${server.url}`;
    const terminal = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { ...bareEnvironment(), SHELL: "/bin/sh" },
    });
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    await until("it asks", () => shown.includes("Password of ben"));
    terminal.stdin.write(`${PASSWORD}x\u007f\r`);
    const [code] = await once(terminal, "close");
    expect({ code, shown }).toMatchObject({ code: 0, shown: expect.stringContaining("ben is signed in") });
    expect(shown).not.toContain("correct");
  });

  it("works on a device with an earlier sign-in, also while others guess the password", async () => {
    await makeUser("gil");
    const env = bareEnvironment();
    await signIn("gil", env);
    const guess = async () => {
      const authorization = `Basic ${Buffer.from("gil:a guess").toString("base64")}`;
      return (await fetch(`${server.url}/auth/v1/tokens`, { method: "POST", headers: { authorization } }))
        .status;
    };
    await until("guesses are refused", async () => (await guess()) === 429);
    expect(await signIn("gil", env)).toMatchObject({ code: 0, stderr: "" });
  });

  it("is used for its own server only, and a given key takes precedence", async () => {
    await makeUser("bob");
    const env = bareEnvironment();
    await signIn("bob", env);
    const elsewhere = await tailrace(["whoami", "--url", "http://127.0.0.1:1"], { env });
    expect(elsewhere).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("No key (TAILRACE_API_KEY)"),
    });
    const given = { ...env, TAILRACE_API_KEY: server.apiKey };
    expect(await json(["whoami"], { env: given })).toMatchObject({ username: "admin" });
  });

  it("ends with logout, in the file and on the server", async () => {
    await makeUser("cid");
    const env = bareEnvironment();
    await signIn("cid", env);
    const file = join(env.HOME ?? "", ".config", "tailrace", "sign-ins.json");
    const [{ token }] = Object.values(JSON.parse(readFileSync(file, "utf8")).servers) as [{ token: string }];
    expect((await tailrace(["logout"], { env })).stdout).toBe(`cid is signed out of ${server.url}\n`);
    expect(readFileSync(file, "utf8")).not.toContain(token);
    const error = await clientOf(server.url, token)
      .user()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TailraceError);
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(await tailrace(["logout", "--url", server.url], { env })).toMatchObject({
      code: 1,
      stderr: `No user is signed in to ${server.url} here. Sign in: tailrace login NAME --url ${server.url}\n`,
    });
  });

  it("that has expired counts as no sign-in", async () => {
    const env = bareEnvironment();
    const folder = join(env.HOME ?? "", ".config", "tailrace");
    mkdirSync(folder, { recursive: true });
    const expired = { user: "dan", token: "trt_old", expiry: "2020-01-01T00:00:00.000000Z" };
    const kept = { url: server.url, servers: { [server.url]: expired } };
    writeFileSync(join(folder, "sign-ins.json"), JSON.stringify(kept));
    const ran = await tailrace(["whoami", "--url", server.url], { env });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining("tailrace login") });
  });

  it("reports a wrong password, and a missing password", async () => {
    await makeUser("eve");
    const args = ["login", "eve", "--url", server.url];
    const wrong = await tailrace([...args, "--password-stdin"], {
      env: bareEnvironment(),
      input: "wrong password",
    });
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Invalid or missing credentials \(unauthorized\)\. /),
    });
    const nowhere = await tailrace(args, { env: bareEnvironment() });
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("--password-stdin") });
  });
});

describe("a password that is wrong", () => {
  it("takes the same time to refuse for an existing and a missing user", async () => {
    await makeUser("fay");
    const { identity } = clientOf(server.url, "");
    const tookMs = async (name: string, password: string) => {
      const asked_at = performance.now();
      await identity.signIn(name, password).catch(() => undefined);
      return performance.now() - asked_at;
    };
    // One after the other, so that a busy machine delays both alike.
    const ratios: number[] = [];
    for (let tried = 0; tried < 5; tried++)
      ratios.push((await tookMs("nobody", `wrong ${tried}`)) / (await tookMs("fay", `wrong ${tried}`)));
    const [, , median = 0] = ratios.sort((a, b) => a - b);
    expect(median).toBeGreaterThan(0.5);
    expect(median).toBeLessThan(2);
  });
});

describe("user", () => {
  it("creates, lists, disables and deletes users, and never shows a password", async () => {
    await makeUser("gus");
    const listed = await tailrace(["user", "list"]);
    expect(listed.stdout).toContain("gus");
    const list = JSON.stringify(await json(["user", "list"]));
    expect(list).toContain('"gus"');
    expect(list + listed.stdout).not.toMatch(/correct horse|scrypt/);
    expect(await json(["user", "disable", "gus"])).toMatchObject({ name: "gus", enabled: false });
    expect((await signIn("gus", bareEnvironment())).code).toBe(1);
    expect(await json(["user", "enable", "gus"])).toMatchObject({ enabled: true });
    const twice = await tailrace(["user", "create", "gus", "--password-stdin"], { input: PASSWORD });
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("(exists)") });
    expect((await tailrace(["user", "delete", "gus"])).stdout).toBe("gus is deleted\n");
    expect((await signIn("gus", bareEnvironment())).code).toBe(1);
  });

  it("sets a new password", async () => {
    await makeUser("hal");
    const ran = await tailrace(["user", "password", "hal", "--password-stdin"], {
      input: "another password\n",
    });
    expect(ran.stdout).toBe("hal has a new password\n");
    expect((await signIn("hal", bareEnvironment())).code).toBe(1);
  });
});

describe("apikey", () => {
  it("shows a new key once, alone on stdout, and disables, enables and deletes keys", async () => {
    const made = await tailrace(["apikey", "create", "--user", "deployer"]);
    expect(made.stdout).toMatch(/^tr_[\w-]{43}\n$/);
    const env = { ...bareEnvironment(), TAILRACE_URL: server.url, TAILRACE_API_KEY: made.stdout.trim() };
    expect(await json(["whoami"], { env })).toMatchObject({ username: "deployer" });
    const [key] = await json<[{ id: string }]>(["apikey", "list", "--user", "deployer"]);
    expect(JSON.stringify(key)).not.toContain(made.stdout.trim());
    expect(await json(["apikey", "disable", key.id])).toMatchObject({ enabled: false });
    expect((await tailrace(["whoami"], { env })).stderr).toMatch(
      /^Unauthorized - API key is disabled \(unauthorized\)\. /,
    );
    expect(await json(["apikey", "enable", key.id])).toMatchObject({ enabled: true });
    expect((await tailrace(["whoami"], { env })).code).toBe(0);
    expect((await tailrace(["apikey", "delete", key.id])).stdout).toBe(`${key.id} is deleted\n`);
    expect((await tailrace(["apikey", "list"])).stdout).not.toContain(key.id);
    const poolless = await tailrace(["apikey", "create", "--role", "agent"]);
    expect(poolless).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^An agent's key needs a pool \(invalid\)\. /),
    });
  });
});

describe("role", () => {
  it("creates and assigns roles, and the user may do what they grant", async () => {
    const { key } = await json<{ key: string }>(["apikey", "create", "--user", "ida"]);
    const env = { ...bareEnvironment(), TAILRACE_URL: server.url, TAILRACE_API_KEY: key };
    const list = () => tailrace(["execution", "list"], { env });
    expect((await list()).stderr).toMatch(
      /^User "ida" doesn't have required permission "execution_list" \(forbidden\)\. `tailrace whoami`/,
    );
    await json(["role", "create", "viewers", "--description", "who look on"]);
    const granted = await tailrace(["role", "grant", "viewers", "execution_list", "stream_view"]);
    expect(granted.stdout).toBe("viewers grants now:\nexecution_list, stream_view on everything\n");
    await json(["role", "grant", "viewers", "action_view", "--on", "pack:core"]);
    await json(["role", "assign", "viewers", "ida"]);
    expect((await list()).code).toBe(0);
    const roles = await json<{ name: string; users: string[] }[]>(["role", "list"]);
    expect(roles.find(({ name }) => name === "viewers")?.users).toEqual(["ida"]);
    expect((await tailrace(["role", "list"])).stdout).toContain("action_view on pack:core");
    await json(["role", "revoke", "viewers", "action_view", "--on", "pack:core"]);
    expect((await tailrace(["role", "list"])).stdout).not.toContain("pack:core");
    expect((await tailrace(["role", "unassign", "viewers", "ida"])).stdout).toBe(
      "ida no longer has the role viewers\n",
    );
    expect((await tailrace(["role", "unassign", "viewers", "ida"])).code).toBe(1);
    expect((await tailrace(["role", "delete", "viewers"])).stdout).toBe("viewers is deleted\n");
    const unknown = await tailrace(["role", "grant", "viewers", "rule_view"]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("Allowed choices are") });
  });
});

describe("help", () => {
  it.each([
    "login",
    "logout",
    "whoami",
    "user create",
    "user password",
    "apikey create",
    "apikey disable",
    "role grant",
    "role assign",
  ])("of %s has examples", async (command) => {
    const { code, stdout } = await tailrace([...command.split(" "), "-h"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`tailrace ${command}`);
    expect(stdout).toContain("Examples:");
  });
});
