// @module-tag openssh-client
// @module-tag openssh-server
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { shownByPs } from "../support/processes.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { remoteOutcome, startRemote } from "../support/remote.ts";
import { PASSPHRASE, Sshd } from "../support/sshd.ts";
import { afterTest, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd;

beforeAll(async () => {
  sshd = await Sshd.start({ hosts: 2 });
  world = await startWorld({ agentArgs: ["--ssh-alive-seconds", "1"] });
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
});

const start = (cmd: string, more?: Record<string, unknown>) => startRemote(world.client, sshd, cmd, more);
const outcome = (id: string) => remoteOutcome(world.client, id);
const run = async (cmd: string, more?: Record<string, unknown>) => outcome(await start(cmd, more));

/** Ignores the signals of a lost connection and of an end. */
const STUBBORN = `trap '' HUP TERM; (trap '' HUP TERM; while :; do sleep 0.1; done) & echo up; while :; do sleep 0.1; done`;

async function untilUp(id: string): Promise<void> {
  await until("it is up", async () => (await world.client.get(id)).output?.bytes.stdout === 3);
}

describe("a remote command", () => {
  it("has StackStorm's environment and the user's, its working directory, and an empty stdin", async () => {
    const { host } = await run('echo "$GREETING|$ST2_ACTION_PACK_NAME|$PWD"; cat', {
      env: { GREETING: 'it\'s a \\ $HOME "day"\nindeed' },
      cwd: "/usr",
    });
    expect(host.stdout).toBe('it\'s a \\ $HOME "day"\nindeed|core|/usr');
  });

  it("has its host in its chunks", async () => {
    const id = await start("echo hello");
    const hosts = new Set<string | undefined>();
    for await (const record of world.client.follow(id)) if ("seq" in record) hosts.add(record.host);
    expect([...hosts]).toEqual(["127.0.0.1"]);
  });

  it("has its exit code, also the one that ssh uses for its own failures", async () => {
    expect((await run("exit 255")).host).toMatchObject({ return_code: 255, failed: true });
    expect((await run("exit 255")).host).not.toHaveProperty("error");
  });

  it("fails in a missing folder", async () => {
    expect((await run("true", { cwd: "/no/such/folder" })).host).toMatchObject({
      return_code: 1,
      stderr: expect.stringContaining("/no/such/folder"),
    });
  });

  it("is ended on the remote host when the connection is lost, whatever it ignores", async () => {
    const proxy = await FaultyProxy.before(`http://127.0.0.1:${sshd.port}`);
    afterTest(() => proxy.close());
    const id = await start(STUBBORN, { port: Number(new URL(proxy.url).port) });
    await untilUp(id);
    proxy.cut();
    const { status, host } = await outcome(id);
    expect(status).toBe("failed");
    expect(host).toMatchObject({ error: expect.stringContaining("Lost 127.0.0.1"), return_code: 255 });
    await until("nothing of it runs", () => markedProcesses(id).length === 0);
  });

  it("leaves no folder on the remote host", async () => {
    const id = await start("echo $0; exit 3");
    await outcome(id);
    expect(readdirSync("/tmp").filter((name) => name.includes(id))).toEqual([]);
  });

  it.each(["accept-new", "strict", "off"])("checks the host's key: %s", async (host_key_checking) => {
    // A name that no known_hosts has.
    const { status, host } = await run("true", {
      hosts: "127.0.0.2",
      host_key_checking,
      port: sshd.port,
    }).then(({ status, result }) => ({ status, host: result["127.0.0.2"] }));
    if (host_key_checking === "strict") {
      expect(host).toMatchObject({
        error: expect.stringMatching(/^Connection error\. Cannot connect .*Host key verification failed/s),
      });
    } else expect(status).toBe("succeeded");
    execFileSync("ssh-keygen", ["-R", `[127.0.0.2]:${sshd.port}`], { stdio: "ignore" });
  });

  it("reports an unreachable host with the reason", async () => {
    const { status, host } = await run("true", { port: 1 });
    expect(status).toBe("failed");
    expect(host).toMatchObject({
      return_code: 255,
      error: expect.stringMatching(/^Connection error\. Cannot connect to 127\.0\.0\.1: .*refused/),
    });
  });

  it("accepts a private key as text, which is in a file only until the connection is made", async () => {
    const id = await start("echo in; sleep 2", { private_key: readFileSync(sshd.key, "utf8") });
    await until("it is in", async () => (await world.client.get(id)).output?.bytes.stdout === 3);
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith("tailrace-"));
    const files = folders.flatMap((name) => {
      try {
        return readdirSync(join(tmpdir(), name, `${id}.1`));
      } catch {
        return [];
      }
    });
    expect(files).toContain("ssh.log");
    expect(files).not.toContain("key");
    expect((await outcome(id)).status).toBe("succeeded");
  });

  it("accepts a key with a passphrase, which no command line and no environment shows", async () => {
    const go = join(sshd.folder, "go-on");
    const id = await start(`echo in; while ! [ -e ${go} ]; do sleep 0.1; done`, {
      private_key: sshd.locked_key,
      passphrase: PASSPHRASE,
    });
    let shown = "";
    await until("it is in", async () => {
      shown += shownByPs();
      return (await world.client.get(id)).output?.bytes.stdout === 3;
    });
    shown += shownByPs();
    writeFileSync(go, "");
    expect(shown).toContain(sshd.locked_key);
    expect(shown).not.toContain(PASSPHRASE);
    expect((await outcome(id)).status).toBe("succeeded");
  });

  it("is refused with a wrong passphrase, and does not share the connection of another user", async () => {
    expect((await run("true", { private_key: sshd.locked_key, passphrase: PASSPHRASE })).status).toBe(
      "succeeded",
    );
    const { status, host } = await run("true", { private_key: sshd.locked_key, passphrase: "open says me" });
    expect(status).toBe("failed");
    expect(host.error).toMatch(/^Connection error/);
  });

  it("shares the connection of an earlier command", async () => {
    const ports = [];
    for (let count = 0; count < 2; count++) {
      const { host } = await run("echo $SSH_CONNECTION | cut -d' ' -f2");
      ports.push(host.stdout);
    }
    expect(ports[0]).toBe(ports[1]);
  });

  it("does not disturb another command on its connection when it is canceled", async () => {
    const first = await start("echo up; sleep 600");
    await untilUp(first);
    const go = join(sshd.folder, "go");
    const second = await start(`echo up; while ! [ -e ${go} ]; do sleep 0.1; done; echo done`);
    await untilUp(second);
    await world.client.cancel(first);
    expect((await outcome(first)).status).toBe("canceled");
    writeFileSync(go, "");
    expect(await outcome(second)).toMatchObject({ status: "succeeded", host: { stdout: "up\ndone" } });
  });

  it("in a terminal shows output when it is written, in one order, with a size", async () => {
    const { by_type, host } = await run(
      'stty size; printf "10%%\\r"; printf err >&2; test -t 1 && test -t 2 && echo tty; exit 4',
      { tty: true, tty_columns: 97, tty_rows: 31 },
    ).then(async (run) => ({ ...run }));
    expect(host).toMatchObject({ return_code: 4, stderr: "" });
    expect(by_type.stderr).not.toBe(by_type.stdout);
    expect(String(host.stdout)).toContain("10%\rerrtty");
  });

  it("in a terminal is ended with all its children, whatever they ignore", async () => {
    const id = await start(`${STUBBORN}`, { tty: true });
    await until("it is up", async () => ((await world.client.get(id)).output?.bytes.stdout ?? 0) > 2);
    await world.client.cancel(id);
    expect((await outcome(id)).status).toBe("canceled");
    expect(markedProcesses(id)).toEqual([]);
  });
});
