import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { chunkText } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { COMMAND_LINE } from "../support/built-programs.ts";
import {
  bareEnvironment,
  type Ran,
  type RunOptions,
  runCommandLine,
  userEnvironment,
} from "../support/command-line.ts";
import { promised } from "../support/promised.ts";
import { afterTest, ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

/** Much shorter than the time that a socket waits for the answer to its close. */
const DETACH_MS_MAX = 3_000;

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld();
  env = userEnvironment(world);
});
afterAll(() => world.stop());

/** Runs the command line as a user does, with the server of these tests. */
function tailrace(args: string[], options: RunOptions = {}): Promise<Ran> {
  return runCommandLine(args, { env, ...options });
}

describe("a command", () => {
  it("keeps its compiled code in a folder of the user", async () => {
    const home = scratch();
    const { code, stdout } = await tailrace(["version"], { env: { PATH: process.env.PATH, HOME: home } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` });
    const folder = join(home, ".cache/tailrace/compiled");
    expect(readdirSync(folder)).not.toEqual([]);
    expect(statSync(join(home, ".cache/tailrace")).mode & 0o777).toBe(0o700);
  });

  it("removes compiled code that no command has read for 30 days, once a day", async () => {
    const home = scratch();
    const compiled = join(home, ".cache/tailrace/compiled");
    const of_other_node = join(compiled, "v22.15.0");
    mkdirSync(of_other_node, { recursive: true });
    const plant = (name: string, days: number) => {
      const time = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
      writeFileSync(join(of_other_node, name), "");
      utimesSync(join(of_other_node, name), time, time);
    };
    const version = () => tailrace(["version"], { env: { PATH: process.env.PATH, HOME: home } });
    plant("old", 31);
    plant("recent", 29);
    await version();
    expect(readdirSync(of_other_node)).toEqual(["recent"]);
    plant("old", 31);
    await version();
    expect(readdirSync(of_other_node)).toEqual(["old", "recent"]);
  });

  it.each(["/proc", "/dev/null", "/nowhere"])("works with the home directory %s", async (home) => {
    const { code, stdout } = await tailrace(["version"], { env: { PATH: process.env.PATH, HOME: home } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` });
  });
});

describe("run", () => {
  it("prints what StackStorm's client prints around the output", async () => {
    const { code, stdout, stderr } = await tailrace([
      "run",
      "core.local",
      "cmd=echo out; echo err >&2; printf end",
      "--tail",
    ]);
    const id = /"(\w{24})"/.exec(stdout)?.[1];
    expect(withoutStart(stdout).replace("err\n", "")).toBe(
      `Tailing execution "${id}"\nout\nend\nExecution ${id} has completed (status=succeeded).\n`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("says that a run has started as soon as it has", () => {
    const file = join(scratch(), "seen");
    const run = `"${process.execPath}" "${COMMAND_LINE}" run core.local cmd='until [ -e ${file} ]; do sleep 0.02; done' --tail`;
    const script = `${run} | while read -r line; do echo "$line"; case $line in *started*) touch ${file};; esac; done`;
    const { stdout } = spawnSync("/bin/bash", ["-c", script], { cwd: ROOT, env, encoding: "utf8" });
    expect(stdout).toMatch(/^Tailing .*\nExecution \w{24} has started\.\n\n\nExecution .*=succeeded\)/);
  });

  it.each([
    ["exit 0", "30", 0],
    ["exit 7", "30", 7],
    ["kill -9 $$", "30", 1],
    ["sleep 60", "1", 124],
  ])("exits with the outcome of %s within %s s: %i", async (cmd, timeout, code) => {
    const words = ["run", "core.local", `cmd=${cmd}`, `timeout=${timeout}`];
    expect((await tailrace([...words, "--tail"])).code).toBe(code);
    expect((await tailrace(words)).code).toBe(code);
  });

  it("takes the words of a command as they are", async () => {
    const { stdout } = await tailrace(["run", "core.local", "echo", "-n", "a  b"]);
    expect(stdout).toContain("status: succeeded");
    expect(stdout).toContain("stdout: a b");
  });

  it("takes its own flags after these words too, until --", async () => {
    const tailed = await tailrace(["run", "core.local", "echo", "hello", "-n", "--tail"]);
    expect(withoutStart(tailed.stdout)).toMatch(/^Tailing .*\nhello -n\n\nExecution /);
    const { stdout } = await tailrace(["run", "core.local", "-j", "--", "echo", "hello", "--tail"]);
    expect(JSON.parse(stdout)).toMatchObject({ result: { stdout: "hello --tail" } });
  });

  it("exits with 0 whatever the outcome with --no-exit-status", async () => {
    const words = ["run", "core.local", "cmd=exit 7", "--no-exit-status"];
    expect((await tailrace([...words, "--tail"])).code).toBe(0);
    expect((await tailrace(words)).code).toBe(0);
  });

  it("prints JSON with -j", async () => {
    const { stdout } = await tailrace(["run", "core.local", "cmd=echo 1", "-j"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded", result: { stdout: 1 } });
    const lines = (await tailrace(["run", "core.local", "cmd=echo 1", "-j", "--tail"])).stdout
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ event: "end", status: "succeeded" });
  });

  it("tails one stream with --type, at any place of the flag", async () => {
    const cmd = "cmd=echo out; echo err >&2";
    for (const args of [
      ["run", "--type", "stderr", "core.local", cmd, "--tail"],
      ["run", "core.local", "--type", "stderr", cmd, "--tail"],
    ]) {
      const { stdout } = await tailrace(args);
      expect(withoutStart(stdout)).toMatch(/^Tailing .*\nerr\n\nExecution /);
    }
  });

  it("prints a result that is larger than a pipe's buffer", () => {
    const script = `"${process.execPath}" "${COMMAND_LINE}" run core.local cmd='seq 60000' -j | cat`;
    const { stdout } = spawnSync("/bin/bash", ["-c", script], { cwd: ROOT, env, encoding: "utf8" });
    const whole = Array.from({ length: 60_000 }, (_, at) => at + 1).join("\n");
    expect(JSON.parse(stdout).result.stdout).toMatch(/^1\n2\n/);
    expect(JSON.parse(stdout).result.stdout.slice(-100)).toBe(whole.slice(-100));
  });

  it("is served while the server's own process, which looks at the disk, is busy", () => {
    // The server of these tests is in this process, which waits. Its last answer about the disk counts for a second.
    const script = `sleep 1.5; "${process.execPath}" "${COMMAND_LINE}" run core.local cmd='seq 60000; sleep 1.5; seq 3' -j`;
    const { stdout } = spawnSync("/bin/bash", ["-c", script], {
      cwd: ROOT,
      env,
      encoding: "utf8",
      timeout: 30_000,
    });
    expect(JSON.parse(stdout).result.stdout.slice(-5)).toBe("1\n2\n3");
  });

  it("does not wait with --async, and cancel ends the run", async () => {
    const { stdout } = await tailrace(["run", "core.local", "cmd=sleep 60", "--async", "-j"]);
    const { id } = JSON.parse(stdout);
    expect((await tailrace(["execution", "cancel", id])).stdout).toBe(
      `action execution with id ${id} canceled.\n`,
    );
    expect((await tailrace(["execution", "tail", id])).stdout).toContain(
      `Execution ${id} has completed (status=canceled).`,
    );
    expect((await tailrace(["execution", "cancel", id])).stdout).toContain("canceled");
  });

  it("detaches on Ctrl-C, and prints the command that tails again", async () => {
    const child = spawn(
      process.execPath,
      [COMMAND_LINE, "run", "core.local", "cmd=echo up; sleep 60", "--tail"],
      { cwd: ROOT, env },
    );
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await until("it is up", () => stdout.includes("up\n"));
    const closed = once(child, "close");
    child.kill("SIGINT");
    await promised("it has ended", DETACH_MS_MAX, () => child.exitCode !== null);
    expect(await closed).toEqual([130, null]);
    const id = /"(\w{24})"/.exec(stdout)?.[1] ?? "";
    expect(stderr).toContain(`tailrace execution tail ${id}`);
    expect((await world.client.get(id)).status).toBe("running");
    await world.client.cancel(id);
  });
});

describe("a completion", () => {
  it("has the server's executions and actions, and none where the server does not answer", async () => {
    const { id } = await world.client.create({ action: "core.noop", parameters: {} });
    const executions = await tailrace(["complete", "--", "tail", ""]);
    expect(executions.stdout.startsWith(`last\tthe newest execution\n${id}\tcore.noop, `)).toBe(true);
    const actions = await tailrace(["complete", "--", "run", "core.loc"]);
    expect(actions.stdout).toMatch(/^core\.local\t[^\n]+\ncore\.local_sudo\t[^\n]+\n$/);
    const bare = { ...env, TAILRACE_URL: "http://127.0.0.1:45999" };
    expect(await tailrace(["complete", "--", "run", ""], { env: bare })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });
});

describe("a reader's exit code", () => {
  it.each([
    ["exit 7", 7],
    ["true", 0],
  ])("is 0, and with --exit-status the outcome of %s", async (cmd, code) => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd } });
    for (const reader of ["tail", "output"]) {
      expect((await tailrace(["execution", reader, id])).code).toBe(0);
      expect((await tailrace(["execution", reader, id, "--exit-status"])).code).toBe(code);
    }
  });

  it("is a failure where --exit-status finds no outcome, and where its reader leaves before", async () => {
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "seq 50000; sleep 60" },
    });
    await until("it has written", async () =>
      (await tailrace(["tail", id, "--no-follow"])).stdout.includes("9"),
    );
    for (const reader of ["tail", "output"]) {
      const ran = await tailrace(["execution", reader, id, "--exit-status", "--no-follow"]);
      expect(ran).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Execution \w+ has not ended,.*\n$/),
      });
    }
    const script = `"${process.execPath}" "${COMMAND_LINE}" tail ${id} --exit-status | head -n 1; echo \${PIPESTATUS[0]}`;
    const { stdout } = spawnSync("/bin/bash", ["-c", script], { cwd: ROOT, env, encoding: "utf8" });
    expect(stdout).toMatch(/\n141\n$/);
    await world.client.cancel(id);
  });
});

describe("execution", () => {
  it("tails the last execution: lines, streams, metadata, and from a sequence number on", async () => {
    await tailrace([
      "run",
      "core.local",
      "cmd=for i in 1 2 3; do echo out $i; sleep 0.05; done; echo err >&2",
    ]);
    const tail = async (...flags: string[]) =>
      (await tailrace(["tail", "last", ...flags])).stdout.replace(/\nExecution .*\n/, "");
    // A busy agent reads several lines at once, and either stream first.
    const { id } = await world.client.get("last");
    const stored: string[] = [];
    for await (const record of world.client.follow(id)) if (isChunk(record)) stored.push(chunkText(record));
    const lines = stored.join("").split(/(?<=\n)/);
    expect([...lines].sort()).toEqual(["err\n", "out 1\n", "out 2\n", "out 3\n"]);
    expect(await tail()).toBe(lines.join(""));
    expect(await tail("--lines", "2")).toBe(lines.slice(-2).join(""));
    expect(await tail("--type", "stderr")).toBe("err\n");
    expect(await tail("--after", "1", "--follow=false")).toBe(stored.slice(1).join(""));
    expect(await tail("--no-follow", "--type", "stderr", "--include-metadata")).toMatch(
      /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\]\[stderr\] err\n$/,
    );
  });

  it("prints the raw bytes of an output", async () => {
    await tailrace(["run", "core.local", "cmd=printf 'a\\000\\377b'"]);
    const raw = spawnSync(process.execPath, [COMMAND_LINE, "execution", "output", "last"], {
      cwd: ROOT,
      env,
    }).stdout;
    expect(raw).toEqual(Buffer.from([0x61, 0, 0xff, 0x62]));
  });

  it("lists, gets and re-runs executions", async () => {
    const { id } = JSON.parse((await tailrace(["run", "core.local", "cmd=exit 5", "-j"])).stdout);
    expect((await tailrace(["execution", "list", "-n", "3"])).stdout).toContain(id);
    const failed = JSON.parse((await tailrace(["execution", "list", "--status", "failed", "-j"])).stdout);
    expect(failed[0].id).toBe(id);
    expect((await tailrace(["execution", "get", "last"])).stdout).toContain("return_code: 5");
    const again = await tailrace(["execution", "re-run", "last"]);
    expect(again).toMatchObject({ code: 5, stdout: expect.stringContaining("status: failed") });
    const other = await tailrace(["execution", "re-run", "last", "--tail", "echo", "-n", "other"]);
    expect(other.code).toBe(0);
    expect(withoutStart(other.stdout)).toMatch(/^Tailing .*\nother\nExecution /);
  });

  it("ends quietly when its reader stops reading", () => {
    const script = `"${process.execPath}" "${COMMAND_LINE}" run core.local cmd='seq 100000' --tail | head -3`;
    const { stdout, stderr } = spawnSync("/bin/bash", ["-o", "pipefail", "-c", script], {
      cwd: ROOT,
      env,
      encoding: "utf8",
    });
    expect(stdout.split("\n")).toHaveLength(4);
    expect(stderr).toBe("");
  });
});

describe("a mistake is reported with the next step", () => {
  it.each([
    [["run", "core.local", "cmd=x", "--tial"], 2, /unknown option '--tial'.*Did you mean --tail\?/s],
    [["run"], 2, /missing required argument 'action'/],
    [["execution", "cancel"], 2, /missing required argument 'id'/],
    [["executon"], 2, /unknown command 'executon'.*Did you mean execution\?/s],
    [["execution", "list", "--status", "married"], 2, /Allowed choices are requested/],
    [["tail", "last", "--lines", "few"], 2, /It must be a whole number/],
    [["run", "core.nothing"], 1, /core\.nothing/],
    [["run", "core.local"], 1, /'cmd' is a required property/],
    [["run", "core.local", "timeout=soon"], 2, /Parameter timeout takes a whole number, not "soon"/],
    [["execution", "get", "ffffffffffffffffffffffff"], 1, /Unable to identify resource/],
  ])("%j", async (args, code, text) => {
    const ran = await tailrace(args);
    expect(ran.stderr).toMatch(text);
    expect(ran.stderr).not.toContain("    at ");
    expect(ran.code).toBe(code);
  });

  it("a missing server, a missing key and a wrong key", async () => {
    const folder = scratch();
    const nothing = bareEnvironment(folder);
    const unset = await tailrace(["execution", "list"], { env: nothing, cwd: folder });
    expect(unset).toMatchObject({ code: 1, stderr: expect.stringContaining("tailrace start") });
    const away = await tailrace(["execution", "list"], {
      env: { ...env, TAILRACE_URL: "http://127.0.0.1:1" },
    });
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining("tailrace doctor") });
    const tail = await tailrace(["tail", "ffffffffffffffffffffffff"], {
      env: { ...env, TAILRACE_URL: "http://127.0.0.1:1" },
    });
    expect(tail).toMatchObject({ code: 1, stderr: expect.stringContaining("tailrace doctor") });
    const wrong = await tailrace(["execution", "list"], { env: { ...env, TAILRACE_API_KEY: "tr_wrong" } });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("(unauthorized)") });
  });

  it("a server that is not Tailrace", async () => {
    const page = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1");
    afterTest(() => page.close());
    await once(page, "listening");
    const { port } = page.address() as AddressInfo;
    const elsewhere = { ...env, TAILRACE_URL: `http://127.0.0.1:${port}` };
    const list = await tailrace(["execution", "list"], { env: elsewhere });
    expect(list).toMatchObject({ code: 1, stderr: expect.stringMatching(/not Tailrace.*tailrace doctor/s) });
    expect(list.stderr).not.toContain("    at ");
    const doctor = await tailrace(["doctor"], { env: elsewhere });
    expect(doctor).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("answers, but is not Tailrace"),
    });
  });

  it("every command's help has examples", async () => {
    for (const command of [
      ["run"],
      ["tail"],
      ["execution", "list"],
      ["start"],
      ["demo"],
      ["doctor"],
      ["agent"],
    ]) {
      const { code, stdout } = await tailrace([...command, "-h"]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:");
    }
    for (const version of ["--version", "version"])
      expect((await tailrace([version])).stdout.trim()).toBe(manifest.version);
  });
});

describe("doctor", () => {
  it("finds no problem in a working setup", async () => {
    const url = `${world.server.url}/`;
    const { code, stdout } = await tailrace(["doctor", "--json"], { env: { ...env, TAILRACE_URL: url } });
    expect(JSON.parse(stdout).map(({ check, ok }: { check: string; ok: boolean }) => [check, ok])).toEqual(
      ["url", "clock", "key", "pool", "runners", "run", "locale"].map((check) => [check, true]),
    );
    expect(code).toBe(0);
  });

  it("reports the first problem, and the next step", async () => {
    const away = await tailrace(["doctor"], { env: { ...env, TAILRACE_URL: "http://127.0.0.1:1" } });
    expect(away).toMatchObject({ code: 1, stdout: expect.stringMatching(/wrong url .*\n +Is it running\?/) });
    const wrong = await tailrace(["doctor"], { env: { ...env, TAILRACE_API_KEY: "tr_wrong" } });
    expect(wrong).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/wrong key .*\n +Use this server's key/),
    });
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agents = await tailrace(["doctor"], { env: { ...env, TAILRACE_API_KEY: key } });
    expect(agents).toMatchObject({ code: 1, stdout: expect.stringMatching(/wrong (key|pool) /), stderr: "" });
  });
});

describe("execution link", () => {
  it("prints only an address, which opens the execution until it expires", async () => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "echo to share" } });
    const { code, stdout, stderr } = await tailrace(["execution", "link", id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${world.server.url}/executions/${id}\\?link=\\S+\n$`));
    expect(stderr).toMatch(
      /^Anyone with this link can read the execution until 20\S+Z\.\nTo revoke it earlier: tailrace execution link revoke \w{24}\n$/,
    );
    const { search } = new URL(stdout);
    const output = await fetch(`${world.server.url}/api/v1/executions/${id}/output${search}`);
    expect(await output.text()).toBe("to share\n");
    const short = await tailrace(["execution", "link", "last", "--ttl", "60", "--json"]);
    expect(Date.parse(JSON.parse(short.stdout).expires) - Date.now()).toBeLessThanOrEqual(60_000);
    const wrong = await tailrace(["execution", "link", "last", "--ttl", "0"]);
    expect(wrong).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("ttl") });
  });
});

describe("execution link list and revoke", () => {
  it("lists links, and revokes one of them or all of an execution", async () => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "echo to share" } });
    const made = [await world.client.identity.link(id), await world.client.identity.link(id)];
    const ids = made.map((link) => link.id);
    const opens = async (url = "") =>
      (await fetch(`${world.server.url}/api/v1/executions/${id}${new URL(url).search}`)).status;
    const { code, stdout } = await tailrace(["execution", "link", "list", id]);
    expect(code).toBe(0);
    for (const link of ids) expect(stdout).toContain(link);
    const revoked = await tailrace(["execution", "link", "revoke", ids[0] ?? ""]);
    expect(revoked).toMatchObject({ code: 0, stdout: `link ${ids[0]} is revoked\n`, stderr: "" });
    expect(await Promise.all(made.map(({ url }) => opens(url)))).toEqual([401, 200]);
    const listed = JSON.parse((await tailrace(["execution", "link", "list", id, "--json"])).stdout);
    expect(listed).toMatchObject([{ id: ids[1] }, { id: ids[0], revoked_by: "admin" }]);
    const all = await tailrace(["execution", "link", "revoke", "--all", id, "--json"]);
    expect(JSON.parse(all.stdout)).toEqual({ execution: id, revoked: 1 });
    expect(await Promise.all(made.map(({ url }) => opens(url)))).toEqual([401, 401]);
    const nothing = await tailrace(["execution", "link", "revoke"]);
    expect(nothing).toMatchObject({
      code: 2,
      stderr: "Give the id of a link, or --all with an execution.\n",
    });
    const unknown = await tailrace(["execution", "link", "revoke", "f".repeat(24)]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no link") });
  });
});

describe("audit", () => {
  it("shows the log in pages, as a table or as JSON", async () => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "echo told" } });
    const about = ["audit", "--resource", `execution:${id}`];
    await tailrace(["execution", "pin", id]);
    const { code, stdout, stderr } = await tailrace(about);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/execution\.pin.*\n.*\n?.*execution\.run/);
    const told = JSON.parse((await tailrace([...about, "--json"])).stdout);
    expect(told).toMatchObject([
      { action: "execution.pin", user: "admin", credential: "first-key", outcome: "done" },
      { action: "execution.run", user: "admin", detail: { action: "core.local" } },
    ]);
    expect(JSON.parse((await tailrace([...about, "--json", "-n", "1"])).stdout)).toEqual([told[0]]);
    const until = JSON.parse((await tailrace([...about, "--json", "--until", told[0].timestamp])).stdout);
    expect(until).toEqual([told[1]]);
    expect((await tailrace(["audit", "--user", "nobody"])).stdout).toBe("No entries match.\n");
    expect(await tailrace(["audit", "--action", "everything"])).toMatchObject({ code: 2 });
  });

  it("ignores the address that a client claims, as there is no proxy", async () => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "echo told" } });
    const headers = { "st2-api-key": world.server.apiKey, "cf-connecting-ip": "192.0.2.1" };
    await fetch(`${world.server.url}/v1/executions/${id}/pin`, { method: "POST", headers });
    const [entry] = await world.client.identity.audit({ resource: `execution:${id}` });
    expect(entry).toMatchObject({ action: "execution.pin", address: "" });
  });
});

/** What a tail printed, without the words of its start: a short run can end before the tail sees it run. */
function withoutStart(stdout: string): string {
  return stdout.replace(/Execution \w{24} has started\.\n\n/, "");
}
