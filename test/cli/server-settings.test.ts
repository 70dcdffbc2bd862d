import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseEnv } from "node:util";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { allVars } from "../../cli/base/worker-vars.ts";
import { findServerSettings, type ServerPlace, withServerFlags } from "../../cli/settings/server-config.ts";
import { CERTIFICATE, KEY } from "../support/bad-servers.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { expectTelling } from "../support/messages.ts";
import { afterTest, clientOf, ROOT, scratch, until } from "../support/world.ts";

const DAY_MS = 24 * 3600 * 1000;

/** A state folder with this file of settings. */
function stateWith(toml: string): string {
  const state = scratch();
  writeFileSync(join(state, "tailrace.toml"), toml);
  return state;
}

/** What `start` finds. */
function find(args: string[], env: NodeJS.ProcessEnv = {}) {
  const command = withServerFlags(new Command().exitOverride());
  command.parse(args, { from: "user" });
  return findServerSettings({ ...command.opts<ServerPlace>() }, env);
}

describe("a setting of the local server", () => {
  it("comes from its flag, else its variable, else the file, else the default", () => {
    const state = stateWith("port = 1\nuser_running_max = 2\noutput_ttl_days = 0.5\nrbac_enabled = true\n");
    expect(find([], { TAILRACE_SERVER_DRAIN_TIMEOUT: "9" }).own.drain_timeout).toBe(9);
    const { own, vars, given } = find(["--state", state, "--port", "11", "--stream-replay", "false"], {
      TAILRACE_SERVER_PORT: "21",
      TAILRACE_SERVER_USER_RUNNING_MAX: "22",
      TAILRACE_SERVER_PACKS: "a,b",
    });
    expect(own).toMatchObject({ port: 11, packs: ["a", "b"], host: "127.0.0.1" });
    expect(vars).toMatchObject({
      USER_RUNNING_MAX: 22,
      OUTPUT_TTL_DAYS: 0.5,
      RBAC_ENABLED: true,
      STREAM_REPLAY: false,
      AUDIT_TTL_DAYS: 365,
    });
    expect(Object.keys(vars)).toEqual(allVars().map(({ name }) => name));
    expect([...given].map(([name, { place }]) => `${name}: ${place}`)).toEqual([
      "port: --port",
      "packs: TAILRACE_SERVER_PACKS",
      "user_running_max: TAILRACE_SERVER_USER_RUNNING_MAX",
      `output_ttl_days: output_ttl_days in ${join(state, "tailrace.toml")}`,
      `rbac_enabled: rbac_enabled in ${join(state, "tailrace.toml")}`,
      "stream_replay: --stream-replay",
    ]);
  });

  it("may be in another file, whose paths begin at its folder", () => {
    const folder = stateWith('packs = ["mine", "/opt/packs"]\ntls_cert = "cert.pem"\n');
    const { own } = find(["--config", join(folder, "tailrace.toml"), "--state", "/nowhere"]);
    expect(own.packs).toEqual([join(folder, "mine"), "/opt/packs"]);
    expect(own.tls_cert).toBe(join(folder, "cert.pem"));
  });

  it.each([
    ["prot = 1", /tailrace\.toml: there is no setting prot\. `tailrace start --help` lists the settings/],
    [
      'port = "1"',
      /^port in .*tailrace\.toml: It must be a port, from 0 to 65535\. See: tailrace start --help/,
    ],
    ["rbac_enabled = 1", /tailrace\.toml: It must be true or false/],
    ["output_ttl_days = -1", /tailrace\.toml: It must be a number, 0 or more/],
    // An event of a hub between two whole ones would reach no stream.
    ["event_hub_shards = 1.5", /tailrace\.toml: It must be a whole number, 1 or more/],
    ["drain_timeout = 0.5", /tailrace\.toml: It must be a whole number of seconds, 0 or more/],
    ["packs = 1", /tailrace\.toml: It must be a list of texts/],
    ["port = ", /tailrace\.toml:1 is not TOML: /],
  ])("is refused in a file: %s", (toml, text) => {
    expect(() => find(["--state", stateWith(toml)])).toThrow(text);
  });
});

describe("a server", () => {
  it("listens for others with TLS, with settings of each source", async () => {
    const state = stateWith(
      'tls_cert = "cert.pem"\ntls_key = "key.pem"\noutput_ttl_days = 3\nbehind_proxy = true\n',
    );
    writeFileSync(join(state, "cert.pem"), CERTIFICATE);
    writeFileSync(join(state, "key.pem"), KEY);
    const args = ["cli/main.ts", "start", "--state", state, "--port", "0", "--host", "0.0.0.0"];
    const env = { ...bareEnvironment(), TAILRACE_SERVER_OUTPUT_TTL_DAYS: "4" };
    const start = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
    afterTest(async () => {
      start.kill("SIGTERM");
      await once(start, "close");
    });
    let stdout = "";
    start.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    const ready = await until("it is ready", () => /^ready https:\/\/\S+:(\d+)\n/.exec(stdout));
    const answer = await encrypted(`https://localhost:${ready[1]}/api/v1`);
    expect(JSON.parse(answer)).toMatchObject({ docs_url: `https://localhost:${ready[1]}/docs` });

    const { TAILRACE_URL: url = "", TAILRACE_API_KEY: key = "" } = parseEnv(
      readFileSync(join(state, "env"), "utf8").replaceAll("export ", ""),
    );
    const proxied = await fetch(`${url}/api/v1`, { headers: { "x-forwarded-proto": "https" } });
    expect(await proxied.json()).toMatchObject({ docs_url: `${url.replace("http", "https")}/docs` });

    const client = clientOf(url, key);
    const { id } = await client.create({ action: "core.noop", parameters: {} });
    const { end_timestamp = "", output } = await until("it ends", async () => {
      const execution = await client.get(id);
      return execution.output?.expires ? execution : undefined;
    });
    expect(Date.parse(output?.expires ?? "") - Date.parse(end_timestamp)).toBe(4 * DAY_MS);
  });

  it.each([
    [["--host", "0.0.0.0"], 1, /^At 0\.0\.0\.0, others on the network could read/],
    [["--host", "::"], 1, /^At ::, others on the network could read/],
    [["--tls-cert", "/nowhere"], 1, /^TLS takes a certificate and its key/],
    [["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], 1, /^The certificate in \/nowhere cannot be read/],
    [
      ["--host", "203.0.113.7", "--behind-proxy"],
      1,
      /^The server cannot listen at 203\.0\.113\.7:0: Cannot assign/,
    ],
    [["--packs", "/nowhere"], 1, /^--packs \/nowhere: no such folder/],
    [
      ["--config", "/nowhere"],
      2,
      /^The settings file cannot be used: ENOENT: .*'\. .* --config FILE names another file\.$/m,
    ],
  ])("says why it does not start: %j", async (args, code, text) => {
    const env = bareEnvironment();
    const ran = await runCommandLine(["start", "--state", scratch(), "--port", "0", ...args], { env });
    expectTelling(ran.stderr);
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(text) });
  });

  it("refuses a variable that no setting has", async () => {
    const env = { ...bareEnvironment(), TAILRACE_SERVER_PROT: "1" };
    const ran = await runCommandLine(["start", "--state", scratch()], { env });
    const help = await runCommandLine(["start", "--help"], { env });
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining("--port <number>") });
    expectTelling(ran.stderr);
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^TAILRACE_SERVER_PROT: no setting .*`tailrace start --help`/),
    });
  });

  it("reads nothing of wrangler.toml, which only `tailrace deploy` reads", () => {
    const readers = globSync("{cli,agent}/**/*.ts", { cwd: ROOT }).filter((file) =>
      /["'`/]wrangler\.toml["'`]/.test(readFileSync(join(ROOT, file), "utf8")),
    );
    expect(readers.filter((file) => !file.startsWith("cli/deploy/"))).toEqual([]);
  });
});

/** A request by TLS that trusts the certificate of these tests. */
function encrypted(url: string): Promise<string> {
  return new Promise((done, failed) => {
    const sent = request(url, { ca: CERTIFICATE, agent: false }, (response) =>
      text(response).then(done, failed),
    );
    sent.on("error", failed).end();
  });
}
