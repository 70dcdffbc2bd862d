// @module-tag openssh-client
// @module-tag openssh-server
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { receive, sha256 } from "../support/reader.ts";
import { remoteOutcome, startRemote } from "../support/remote.ts";
import { Sshd } from "../support/sshd.ts";
import { afterTest, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd;
const folder = scratch();

beforeAll(async () => {
  writePack(join(folder, "far"));
  sshd = await Sshd.start();
  world = await startWorld({ agentArgs: ["--packs", join(folder, "far")] });
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
});

/** A pack with a script that prints its arguments, its folder and the files in `lib`. */
function writePack(pack: string): void {
  mkdirSync(join(pack, "actions/lib/deep"), { recursive: true });
  writeFileSync(join(pack, "pack.yaml"), "ref: far\nname: far\nversion: 1.0.0\nauthor: test\n");
  writeFileSync(
    join(pack, "actions/show.yaml"),
    `name: show
runner_type: remote-shell-script
entry_point: show it.sh
parameters:
  first: { type: string, position: 0 }
  second: { type: array, position: 1 }
  third: { type: string, position: 2 }
  greeting: { type: string }
  loud: { type: boolean }
`,
  );
  writeFileSync(
    join(pack, "actions/show it.sh"),
    `#!/bin/sh
for word in "$@"; do echo "<$word>"; done
. "$(dirname "$0")/lib/deep/words.sh"
dirname "$0"
exit 5
`,
  );
  writeFileSync(join(pack, "actions/lib/deep/words.sh"), "echo from lib\n");
}

const start = (cmd: string, more?: Record<string, unknown>) => startRemote(world.client, sshd, cmd, more);
const outcome = (id: string) => remoteOutcome(world.client, id);
const run = async (cmd: string, more?: Record<string, unknown>) => outcome(await start(cmd, more));

describe("a command on a remote host", () => {
  it.each([false, true])("has the user's own umask: with a terminal %s", async (tty) => {
    const local = await world.client.create({ action: "core.local", parameters: { cmd: "umask" } });
    await receive(world.client, local.id);
    const own = (await world.client.get(local.id)).result?.stdout;
    expect((await run("umask", { tty })).host.stdout).toEqual(own);
  });

  it("runs in a folder of any name", async () => {
    for (const name of ["with a space", "-e", "it's $HOME"]) {
      const cwd = join(folder, name);
      mkdirSync(cwd);
      expect((await run("pwd", { cwd })).host.stdout).toBe(cwd);
    }
  });

  it.each([false, true])("has variables with line ends and quotes: with a terminal %s", async (tty) => {
    const value = "one\ntwo 'three' \"four\" $HOME `id` \\n \\ äöü\n";
    const { host } = await run('printf %s "$VALUE" | od -An -v -tx1 | tr -d " \\r\\n"', {
      env: { VALUE: value },
      tty,
    });
    expect(String(host.stdout)).toBe(Buffer.from(value).toString("hex"));
  });

  it("is not run with a variable whose name is not a valid one", async () => {
    const trap = join(folder, "trapped");
    const { status, result } = await run("true", { env: { [`A=1; touch ${trap}; B`]: "" } });
    expect({ status, error: result.error }).toEqual({
      status: "failed",
      error: `env: "A=1; touch ${trap}; B" is not a valid name of a shell variable.`,
    });
    expect(existsSync(trap)).toBe(false);
  });

  it.each([false, true])("may be long and contain any quotes: with a terminal %s", async (tty) => {
    const long = "x'\"\\$y ".repeat(8_000);
    const { host } = await run(`cat <<'END' | wc -c\n${long}\nEND`, { tty });
    expect(host.stdout).toBe(long.length + 1);
  });

  it("may write binary output", async () => {
    const { by_type, status } = await run(String.raw`printf '\377\376\0\002\200'; printf '\303\050' >&2`);
    expect({ status, ...by_type }).toEqual({
      status: "succeeded",
      stdout: sha256(Buffer.from([0xff, 0xfe, 0, 2, 0x80])),
      stderr: sha256(Buffer.from([0xc3, 0x28])),
    });
  });

  it("loses no output of a grandchild that outlives it while the network stalls", async () => {
    const network = await Network.before(sshd.port);
    afterTest(() => network.close());
    const bytes = 20 * 1024 * 1024;
    const id = await start(`(head -c ${bytes} /dev/zero; exec sleep 600) & echo >&2`, { port: network.port });
    await until("it writes", async () => ((await world.client.get(id)).output?.bytes.stdout ?? 0) > 0);
    network.pause();
    const paused = performance.now();
    // Twice as long as a relay may be silent before it is ended.
    await until("it would have been given up", () => performance.now() - paused > 4_000);
    network.resume();
    const { status, end } = await outcome(id);
    expect({ status, bytes: end?.bytes.stdout }).toEqual({ status: "succeeded", bytes });
    for (const { pid } of markedProcesses(id)) process.kill(pid, "SIGKILL");
  });
});

describe("a script on a remote host", () => {
  const show = async (more: Record<string, unknown> = {}) => {
    const parameters = { hosts: "127.0.0.1", ...sshd.login, ...more };
    return outcome((await world.client.create({ action: "far.show", parameters })).id);
  };

  it("has its arguments by name and position, its lib beside it and its own exit code, and is removed afterwards", async () => {
    const { status, host } = await show({
      first: "it's $HOME",
      second: ["a", "b c"],
      greeting: "good 'day'\nto you",
      loud: true,
    });
    const lines = String(host.stdout).split("\n");
    const place = lines.pop() ?? "";
    expect({ status, code: host.return_code }).toEqual({ status: "failed", code: 5 });
    expect(lines.slice(0, -1).join("\n").replace("<--loud>\n", "")).toBe(
      "<--greeting=good 'day'\nto you>\n<it's $HOME>\n<a,b c>\n<>",
    );
    expect(lines).toContain("<--loud>");
    expect(lines.at(-1)).toBe("from lib");
    expect(place).toMatch(/^\/tmp\/tailrace-/);
    expect(existsSync(place)).toBe(false);
  });

  it("is copied to the folder in `dir`, which is made if it is missing", async () => {
    const dir = join(folder, "made for it");
    expect(String((await show({ dir })).host.stdout)).toContain(`\n${dir}/tailrace-`);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("fails with the reason if its folder cannot be made", async () => {
    const { status, host } = await show({ dir: "/proc/none" });
    expect({ status, code: host.return_code }).toEqual({ status: "failed", code: 1 });
    expect(host.stderr).toMatch(/cannot create directory|can't create directory/);
  });
});

describe("a bastion", () => {
  it("gives access to a host with the credentials and the host key checking of the run", async () => {
    const bastion = await Sshd.start();
    afterTest(() => bastion.stop());
    // It accepts the run's key, as the host itself does.
    writeFileSync(join(bastion.folder, "authorized"), readFileSync(join(sshd.folder, "authorized")));
    const more = { private_key: readFileSync(sshd.key, "utf8"), bastion_host: `127.0.0.1:${bastion.port}` };
    expect(await run("echo through", more)).toMatchObject({
      status: "succeeded",
      host: { stdout: "through" },
    });
    bastion.stop();
    const { status, host } = await run("echo through", { ...more, bastion_host: "127.0.0.1:1" });
    expect({ status, code: host.return_code }).toEqual({ status: "failed", code: 255 });
    expect(host.error).toMatch(/^Connection error\. Cannot connect to 127\.0\.0\.1: .*refused/s);
  });

  it("that is not reachable fails the run with the reason", async () => {
    const { status, result } = await run("true", { bastion_host: "-oProxyCommand=id" });
    expect({ status, error: result.error }).toEqual({
      status: "failed",
      error: 'bastion_host: "-oProxyCommand=id" is not a host, like web1 or web1:2222 or [::1]:22.',
    });
  });
});

/** A network to a port of this host that may stall for a while, and loses nothing. */
class Network {
  readonly port: number;
  readonly close: () => void;
  readonly #sockets: Socket[];

  private constructor(port: number, sockets: Socket[], close: () => void) {
    this.port = port;
    this.#sockets = sockets;
    this.close = close;
  }

  static async before(port: number): Promise<Network> {
    const sockets: Socket[] = [];
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.push(from);
        from.on("data", (bytes) => {
          if (!to.write(bytes)) from.pause();
        });
        to.on("drain", () => from.resume());
        from.on("close", () => to.destroy()).on("error", () => to.destroy());
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Network((server.address() as AddressInfo).port, sockets, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }
}
