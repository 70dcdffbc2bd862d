import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explanation } from "../../cli/base/errors.ts";
import { readOptional } from "../../cli/base/optional-file.ts";
import { fetchWithin } from "../../cli/settings/connect.ts";
import { ERRORS, isErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { BAD_SERVERS, badServer, untrustedServer } from "../support/bad-servers.ts";
import { ShiftedClock } from "../support/clock.ts";
import { bareEnvironment, runCommandLine, userEnvironment } from "../support/command-line.ts";
import { expectTelling } from "../support/messages.ts";
import { afterTest, ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld({ vars: { RBAC_ENABLED: true } });
  env = userEnvironment(world);
});
afterAll(() => world.stop());

/** The error message of a command. */
async function complaint(args: string[], over: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stderr } = await runCommandLine(args, { env: { ...env, ...over } });
  expect(code).toBeGreaterThan(0);
  expectTelling(stderr);
  return stderr;
}

describe("an address without a Tailrace server", () => {
  const CAUSES: Record<string, RegExp> = {
    "a proxy's page": /HTTP 502, not from Tailrace: "502 Bad Gateway"/,
    "a portal's page": /The answer is not Tailrace's: "502 Bad Gateway"/,
    "a proxy that asks for a password": /HTTP 401, not from Tailrace/,
    "a server without such a path": /HTTP 404, not from Tailrace/,
    "a failure without a text": /HTTP 500, not from Tailrace: an empty answer/,
    "redirects in a circle": /redirect count exceeded/,
    "a connection that closes": /the connection was cut/,
    "a connection that is reset": /the connection was cut \(ECONNRESET\)/,
    "half an answer": /the connection was cut/,
    "a server without HTTP": /the program that answers there speaks no HTTP/,
  };

  it("has an expected cause for each bad server of these tests", () => {
    expect(Object.keys(CAUSES)).toEqual(Object.keys(BAD_SERVERS));
  });

  it.each(Object.entries(CAUSES))("is reported in one line: %s", async (name, cause) => {
    expect(await complaint(["execution", "list"], { TAILRACE_URL: await badServer(name) })).toMatch(cause);
  });

  it("is reported for a closed port, an unknown host, a server without TLS, and an untrusted certificate", async () => {
    const plain = (await badServer("a portal's page")).replace("http:", "https:");
    const said: [string, RegExp][] = [
      ["http://127.0.0.1:45999", /nothing listens at 127\.0\.0\.1:45999 \(ECONNREFUSED\)/],
      ["http://nowhere.invalid", /no host is named nowhere\.invalid|nowhere\.invalid cannot be resolved now/],
      [plain, /speaks no TLS/],
      [await untrustedServer(), /its certificate is not trusted, self-signed certificate/],
    ];
    for (const [TAILRACE_URL, cause] of said)
      expect(await complaint(["run", "core.local", "date", "--tail"], { TAILRACE_URL })).toMatch(cause);
  });

  it("is given up when no answer begins in time", async () => {
    const { port } = await new Promise<{ port: number }>((done) => {
      const silent = spawn(process.execPath, [
        "-e",
        "const s=require('net').createServer(()=>{}).listen(0,()=>console.log(s.address().port))",
      ]);
      afterTest(() => silent.kill("SIGKILL"));
      silent.stdout.once("data", (text) => done({ port: Number(text) }));
    });
    const error = await fetchWithin(50)(`http://127.0.0.1:${port}`, {}).catch((thrown: unknown) => thrown);
    expectTelling(`${explanation(error)}\n`);
    expect(explanation(error)).toContain("no answer came");
  });
});

describe("a refusal", () => {
  it("is shown with its code and the next step", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "default" });
    await world.client.identity.createRole({ name: "builders" });
    const said: [string[], NodeJS.ProcessEnv, RegExp][] = [
      [["execution", "list"], { TAILRACE_API_KEY: "tr_wrong" }, /\(unauthorized\)\. Sign in/],
      [["execution", "list"], { TAILRACE_API_KEY: key }, /\(forbidden\)\. `tailrace whoami`/],
      [["execution", "get", "0123456789abcdef01234567"], {}, /\(execution_not_found\)\. `tailrace exec/],
      [["run", "core.nothing"], {}, /\(action_not_found\)\. `tailrace action list`/],
      [["role", "create", "builders"], {}, /\(exists\)\. Choose another name/],
      [["key", "get", "nothing"], {}, /\(key_not_found\)\. `tailrace key list`/],
      [["run", "core.local"], {}, /\(invalid\)/],
    ];
    for (const [args, over, text] of said) expect(await complaint(args, over)).toMatch(text);
  });

  it.each(Object.keys(ERRORS).filter(isErrorCode))("has a next step for each code: %s", (code) => {
    expectTelling(`${explanation(new TailraceError(code))}\n`);
  });
});

describe("an expired sign-in", () => {
  it("is tried against the server, as the client's clock may be wrong", async () => {
    await world.client.identity.createUser({ name: "bob", password: "correct horse battery" });
    const bare = bareEnvironment();
    const args = ["login", "bob", "--url", world.server.url, "--password-stdin", "--ttl", "3600"];
    await runCommandLine(args, { env: bare, input: "correct horse battery" });
    const clock = new ShiftedClock(2 * 3600 * 1000);
    const ahead = await runCommandLine(["whoami"], { env: bare, clock });
    expect(ahead).toMatchObject({ code: 0, stderr: "" });
    expect((await runCommandLine(["logout"], { env: bare, clock })).code).toBe(0);
    const text = (await runCommandLine(["whoami", "--url", world.server.url], { env: bare })).stderr;
    expectTelling(text);
  });
});

describe("a setting that a command cannot use", () => {
  it.each([
    ["no server at all", [], {}, /No server/],
    ["a URL of another kind", ["--url", "ftp://host"], {}, /does not begin with http:\/\/ or https:\/\//],
    ["a URL without its beginning", ["--url", "localhost:7171"], {}, /does not begin with http/],
    ["a folder in place of the settings", [], { TAILRACE_CONFIG: "/proc" }, /^\/proc cannot be read: EISDIR/],
    [
      "a key of two lines",
      ["--url", "http://x"],
      { TAILRACE_API_KEY: "a\nb" },
      /The key \(from environment\) has a/,
    ],
    ["a missing key file", ["--key-file", "/nowhere/key"], {}, /There is no key in/],
    ["a key file that is a folder", ["--key-file", "/"], {}, /EISDIR/],
    ["an invalid URL", ["--url", "http://["], {}, /is not a URL/],
  ])("is named: %s", async (_, args, over, text) => {
    const bare = { ...bareEnvironment(), ...over };
    const { stderr } = await runCommandLine(["whoami", ...args], { env: bare, cwd: scratch() });
    expectTelling(stderr);
    expect(stderr).toMatch(text);
  });

  it("is named when it is a server's: a port, a folder, secrets, a later release", async () => {
    const [port] = /\d+$/.exec(world.server.url) ?? [];
    const spoilt = scratch();
    writeFileSync(join(spoilt, "secrets.json"), '{"TAILRACE_API');
    writeFileSync(join(spoilt, "version"), "2\n");
    const newer = scratch();
    writeFileSync(join(newer, "version"), "99\n");
    const said: [string[], RegExp][] = [
      [["--port", String(port), "--state", scratch()], /Port \d+ is in use/],
      [["--port", "0", "--state", "/proc/x"], /The folder \/proc\/x cannot be used/],
      [["--port", "0", "--state", spoilt], /secrets in .*secrets\.json cannot be read/],
      [["--port", "0", "--state", newer], /written by a later release/],
    ];
    for (const [args, text] of said) expect(await complaint(["start", ...args])).toMatch(text);
  });
});

describe("a bug", () => {
  it("has one line with its place in the code", () => {
    let bug: unknown;
    try {
      JSON.parse("1").nothing.more();
    } catch (error) {
      bug = error;
    }
    expect(explanation(bug)).toMatch(
      /^A bug in tailrace: Cannot read .* \(messages\.test\.ts:\d+\)\. Please/,
    );
  });

  it("has a text for any thrown value, as any other failure", () => {
    const ring = new Error("first");
    ring.cause = new Error("second", { cause: ring });
    for (const thrown of [undefined, null, "", {}, [], new Error(""), new AggregateError([]), ring, 7])
      expect(failureText(thrown)).toMatch(/^\S[^\n]*$/);
    expect(failureText(ring)).toBe("first: second");
    expect(failureText(new Error("one\n  two", { cause: { code: 1 } }))).toBe("one two");
  });
});

describe("a server in a terminal", () => {
  it("ends at Ctrl-C without a warning, although Ctrl-C reaches its agent at the same time", async () => {
    const state = scratch();
    const start = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--state", state], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    afterTest(() => start.kill("SIGKILL"));
    let stderr = "";
    let stdout = "";
    start.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    start.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    const ready = await until("it is ready", () => /^ready (\S+)\n/.exec(stdout));
    const key = await until("its key is there", () => readKey(state));
    const own = { ...env, TAILRACE_URL: ready[1], TAILRACE_API_KEY: key };
    await runCommandLine(["run", "core.local", "cmd=sleep 100", "--async"], { env: own });
    await until("it runs", () => stderr.includes(": core.local begins"));
    const closed = once(start, "close");
    process.kill(-(start.pid ?? 0), "SIGINT");
    await until("it waits for the run", () => stderr.includes("waits for 1 run to end"));
    process.kill(-(start.pid ?? 0), "SIGINT");
    expect(await closed).toEqual([0, null]);
    expect(stderr).not.toMatch(/ warn /);
    expect(stderr).toMatch(/: ended\n$/);
  });
});

function readKey(state: string): string | undefined {
  return /TAILRACE_API_KEY='([^']+)'/.exec(readOptional(join(state, "env")) ?? "")?.[1];
}
