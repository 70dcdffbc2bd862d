// @module-tag python3
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXECUTION_VARIABLE } from "../../agent/process/environment.ts";
import { HELD_MS_MAX } from "../../agent/secrets/masker.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { MASK } from "../../protocol/model/mask.ts";
import { chunkText } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { promised } from "../support/promised.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { spoolFolder } from "../support/spool.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { filesText, leaks, MASKED_VARIABLE, SECRETS, vaultPack } from "../support/vault.ts";
import { afterTest, clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

const vault = vaultPack();
const key = { value: SECRETS.key, secret: true };
let proxy: FaultyProxy;
let agent: TestAgent;
let client: Client;
let sshd: Sshd | undefined;
let stopServer: () => Promise<void>;

beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start();
  process.env[MASKED_VARIABLE] = SECRETS.variable;
  const server = await startServer({ port: 0, state: scratch() });
  stopServer = server.stop;
  proxy = await FaultyProxy.before(server.url);
  client = clientOf(server.url, server.apiKey);
  await client.setKey("vault_key", key);
  const agentKey = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = new TestAgent(proxy.url, agentKey.key, ["--packs", vault.pack, "--mask-env", "VAULT_*_TOKEN"]);
  await agent.start().ready();
});
afterAll(async () => {
  await agent.stop();
  proxy.close();
  await stopServer();
  sshd?.stop();
});

async function start(action: string, parameters: Record<string, unknown>): Promise<string> {
  return (await client.create({ action, parameters })).id;
}

/** A follower's records and the text of each stream, as they arrive. */
function follow(id: string) {
  const followed = { records: "", stdout: "", stderr: "", other: "" };
  const done = (async () => {
    for await (const record of client.follow(id)) {
      followed.records += `${JSON.stringify(record)}\n`;
      if (isChunk(record)) followed[record.output_type] += chunkText(record);
    }
    return followed;
  })();
  return { followed, done };
}

/** The command lines that show a secret, without the processes of some executions, as those come and go. */
function showing(...but: (string | undefined)[]): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (leaks(line).length === 0) return [];
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      return but.some((id) => environment.includes(`${EXECUTION_VARIABLE}=${id}`)) ? [] : [line];
    } catch {
      return [];
    }
  });
}

/** All readable texts about an execution: live, raw, its document, its row in a list. */
async function everything(id: string): Promise<{ stdout: string; stderr: string; all: string }> {
  const { records, stdout, stderr } = await follow(id).done;
  const raw = await (await client.output(id)).text();
  const documents = [await client.get(id), await client.list(), await client.children(id)];
  return { stdout, stderr, all: [records, raw, JSON.stringify(documents)].join("\n") };
}

describe("a secret that real programs of an action print", () => {
  it("would be found by these tests, also in base64, at any offset", () => {
    for (const secret of Object.values(SECRETS)) {
      for (const before of ["", "a", "ab", "abc"]) {
        const text = `${before}${secret}`;
        expect(leaks(text).length).toBeGreaterThan(0);
        expect(leaks(Buffer.from(text).toString("base64")).length).toBeGreaterThan(0);
      }
    }
  });

  it("is shown nowhere, by any runner: live, raw, in documents, results, logs, command lines, and on the agent's disk at any time", {
    tags: SSHD_TAGS,
  }, async () => {
    const far = { hosts: "127.0.0.1", ...sshd?.login };
    const token = SECRETS.parameter;
    const cmd = `exec ${join(vault.pack, "actions", "print.sh")}`;
    const ids = {
      command: await start("vault.command", { token, cmd }),
      script: await start("vault.script", { token }),
      python: await start("vault.python", { token }),
      remote_command: await start("vault.remote_command", { token, cmd, ...far }),
      remote_script: await start("vault.remote_script", { token, ...far }),
    };
    const all = Object.values(ids);
    await Promise.all(
      all.map((id) => until("it is up", async () => ((await client.get(id)).output?.bytes.stdout ?? 0) > 0)),
    );
    // The authors of the scripts chose parameters as arguments.
    expect(showing(ids.script, ids.remote_script)).toEqual([]);

    proxy.cut();
    afterTest(() => proxy.mend());
    writeFileSync(join(vault.folder, "go"), "");
    for (const [name, id] of Object.entries(ids)) {
      await until(`${name} has printed`, () => filesText(spoolFolder(agent.state, id)).includes("printed"));
      expect(leaks(filesText(agent.state))).toEqual([]);
    }
    writeFileSync(join(vault.folder, "end"), "");
    for (const [name, id] of Object.entries(ids))
      await until(`${name} has ended`, () => existsSync(join(spoolFolder(agent.state, id), "end.json")));
    expect(leaks(filesText(agent.state))).toEqual([]);
    proxy.mend();

    for (const [name, id] of Object.entries(ids)) {
      const { stdout, stderr, all } = await everything(id);
      expect(leaks(all), name).toEqual([]);
      const { status, result } = await client.get(id);
      expect(status, name).toBe("succeeded");
      const kinds = ["echo", "stderr", "quoted", "base64", "within", "cut", "json", "utf-8", "repr", "url"];
      for (const kind of kinds) {
        const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith(`${kind} `));
        // A remote host does not have the agent's own variable.
        expect(lines.filter((line) => line.includes(MASK)).length, `${name}: ${kind}`).toBeGreaterThanOrEqual(
          3,
        );
      }
      expect(stdout).toContain(`TOKEN=${MASK}\n`);
      if (name === "python") expect(result?.result).toEqual({ token: MASK, [MASK]: [MASK] });
    }
    expect(leaks(agent.log)).toEqual([]);
  });

  it("is masked in error texts, and in Python's exceptions", async () => {
    const token = SECRETS.parameter;
    const lost = await start("vault.lost", { token, cmd: "true" });
    const failed = await start("vault.python", { token, fail: true });
    for (const id of [lost, failed]) expect(leaks((await everything(id)).all)).toEqual([]);
    expect((await client.get(lost)).result?.error).toBe(
      `cwd: there is no folder /no/such/${MASK} on this host.`,
    );
    expect((await client.get(failed)).result?.stderr).toContain(`ValueError: cannot work with ${MASK}`);
  });

  it("is in no log of a server with its own agent", async () => {
    const state = scratch();
    const args = ["cli/main.ts", "start", "--port", "0", "--state", state, "--packs", vault.pack];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    afterTest(async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    });
    let said = "";
    for (const pipe of [child.stdout, child.stderr])
      pipe.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [, url = ""] = await until("it is ready", () => /ready (http\S+)/.exec(said));
    const [, apiKey = ""] =
      /TAILRACE_API_KEY=['"]?([^'"\n]+)/.exec(readFileSync(join(state, "env"), "utf8")) ?? [];
    const local = clientOf(url, apiKey);
    await local.setKey("vault_key", key);
    const token = SECRETS.parameter;
    await expect(local.create({ action: "vault.command", parameters: { token: [token] } })).rejects.toThrow();
    for (const parameters of [{ token, cmd: "echo $TOKEN; exit 1" }, { token, cmd: 5 }, { token }]) {
      const made = await local.create({ action: "vault.command", parameters }).catch(() => undefined);
      if (made) for await (const _ of local.follow(made.id));
    }
    expect(said).toContain("ended");
    expect(leaks(said)).toEqual([]);
  });
});

/** Registers values over the run's own socket, and prints each after the answer. */
const REGISTER = `
import { request } from "node:http";
const [count, value] = process.argv.slice(2);
for (let nth = 0; nth < Number(count); nth++) {
  const sent = request({ socketPath: process.env.TAILRACE_JOB_SOCKET, method: "POST", path: "/secrets" });
  sent.end(JSON.stringify({ values: [value + nth] }));
  const [answer] = await new Promise((done) => sent.on("response", (...all) => done(all)));
  let body = "";
  for await (const part of answer) body += part;
  console.log(answer.statusCode + " " + value + nth + " " + body);
}
`;

describe("a secret that an action registers while it runs", () => {
  const script = join(vault.folder, "register.mjs");
  writeFileSync(script, REGISTER);
  const register = (count: number, value: string) => `${process.execPath} ${script} ${count} ${value}`;

  it("is masked from the answer on, and not before", async () => {
    const id = await start("core.local", { cmd: `echo early-secret-0; ${register(1, "early-secret-")}` });
    const { stdout } = await everything(id);
    expect(stdout).toBe(`early-secret-0\n200 ${MASK} {"registered":1,"too_short":0}\n`);
  });

  it("is masked among two thousand that are registered and printed in turn, without a pause", async () => {
    const id = await start("core.local", { cmd: register(2000, "one-of-many-"), timeout: 60 });
    const { stdout } = await everything(id);
    expect(stdout.match(/^200 \*{8}\d* \{"registered":1,"too_short":0\}$/gm)).toHaveLength(2000);
    expect(stdout).not.toContain("one-of-many");
  });

  it("is refused if it is too short, with a warning in the result and in the agent's log", async () => {
    const id = await start("core.local", { cmd: register(1, "ab") });
    const { stdout } = await everything(id);
    expect(stdout).toMatch(/^400 ab0 .*1 of the values are too short to be masked.*at least 4 bytes/);
    const warning = "Not masked: a value that the action registered has fewer than 4 bytes.";
    expect((await client.get(id)).result?.warnings).toEqual([warning]);
    expect(agent.log).toContain(`execution ${id}: ${warning}`);
  });
});

describe("a secret that is too short to be masked", () => {
  it("is named, not shown, in the result and in the agent's log", async () => {
    const id = await start("vault.command", { token: "long enough", pin: "7q9", cmd: "echo $TOKEN" });
    expect((await everything(id)).stdout).toBe(`${MASK}\n`);
    const warning = 'Not masked: the parameter "pin" has fewer than 4 bytes.';
    expect((await client.get(id)).result).toMatchObject({ stdout: MASK, warnings: [warning] });
    expect(agent.log).toContain(`execution ${id}: ${warning}`);
    expect(agent.log).not.toContain("7q9");
  });
});

describe("a variable that the agent was told to mask", () => {
  it("is masked in a run's own variables too", async () => {
    const env = { VAULT_RUN_TOKEN: "of-this-run", VAULT_OTHER: "of-no-interest" };
    const cmd = `echo $VAULT_RUN_TOKEN $VAULT_OTHER $${MASKED_VARIABLE}`;
    const { stdout } = await everything(await start("core.local", { cmd, env }));
    expect(stdout).toBe(`${MASK} of-no-interest ${MASK}\n`);
  });
});

describe("a possible beginning of a secret", () => {
  /** A program that prints a text every 50 ms until it is told to stop. */
  const repeating = (text: string, stop: string) =>
    `until [ -e ${stop} ]; do printf %s '${text}'; sleep 0.05; done`;

  it("is shown after a second if it is short, and the rest is masked if it follows", async () => {
    const go = join(vault.folder, "go-on");
    const cmd = `printf 'a Pas'; until [ -e ${go} ]; do sleep 0.05; done; echo 'sword1'`;
    const { followed, done } = follow(await start("vault.command", { token: "Password1", cmd }));
    await until("what begins no secret is shown", () => followed.stdout !== "");
    await promised("the beginning is shown", HELD_MS_MAX, () => followed.stdout === "a Pas");
    writeFileSync(go, "");
    expect((await done).stdout).toBe(`a Pas${MASK}\n`);
  });

  it("is held longer if it is longer, until it is decided", async () => {
    const go = join(vault.folder, "decide");
    const cmd = `printf 'a Passw'; until [ -e ${go} ]; do sleep 0.05; done; echo 'ord of yours'`;
    const id = await start("vault.command", { token: "Password1", cmd });
    const { followed, done } = follow(id);
    await until("what begins no secret is shown", () => followed.stdout === "a ");
    writeFileSync(go, "");
    expect((await done).stdout).toBe("a Password of yours\n");
  });

  it("is shown after a second also in a stream that never pauses", async () => {
    const [begun, stop] = [join(vault.folder, "begun"), join(vault.folder, "stop")];
    const cmd = `: >${begun}; ${repeating("ab", stop)}`;
    const { followed, done } = follow(await start("vault.command", { token: "abab", cmd }));
    await until("it runs", () => existsSync(begun));
    await promised("the mask is shown", HELD_MS_MAX, () => followed.stdout === MASK);
    writeFileSync(stop, "");
    expect((await done).stdout).toBe(MASK);
  });
});
