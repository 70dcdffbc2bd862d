// @module-tag openssh-client
// @module-tag openssh-server
// @module-tag passwd
// @module-tag root
// @module-tag sudo
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import type { Client } from "../../protocol/client/client.ts";
import { Accounts, type AccountWorld } from "../support/accounts.ts";
import { contentsOf, shownByPs } from "../support/processes.ts";
import { receive } from "../support/reader.ts";
import { Sshd } from "../support/sshd.ts";
import { until } from "../support/world.ts";

let accounts: Accounts;
let sshd: Sshd;

const worlds: Record<string, AccountWorld> = {};

beforeAll(async () => {
  accounts = Accounts.create();
  sshd = await Sshd.start({ accounts });
  for (const kind of ["asked", "trusted"] as const) {
    worlds[kind] = await accounts.startWorld(accounts[kind], ["--ssh-alive-seconds", "2"]);
  }
});
afterAll(async () => {
  for (const world of Object.values(worlds)) await world.stop();
  sshd?.stop();
  accounts?.remove();
});

type Kind = "asked" | "trusted";
type Parameters = Record<string, unknown>;

interface Way {
  way: string;
  action: string;
  /** The parameter with the command. */
  code: string;
  isRemote: boolean;
  more: Parameters;
}

const script = { code: "code", more: { sudo: true } };
const SHELL_RUNNERS: Way[] = [
  { way: "core.local_sudo", action: "core.local_sudo", code: "cmd", isRemote: false, more: {} },
  { way: "a local script", action: "matrix.local_script", isRemote: false, ...script },
  { way: "core.remote_sudo", action: "core.remote_sudo", code: "cmd", isRemote: true, more: {} },
  { way: "a remote script", action: "matrix.remote_script", isRemote: true, ...script },
];
const WAYS = SHELL_RUNNERS.flatMap((one): Way[] => [
  one,
  { ...one, way: `${one.way} in a terminal`, more: { ...one.more, tty: true } },
]);

async function start({ action, code, isRemote, more }: Way, kind: Kind, cmd: string, extra: Parameters = {}) {
  const far = { hosts: "127.0.0.1", ...sshd.login, username: accounts[kind].name };
  // Only this user may read the folder of the key.
  const login = isRemote ? { ...far, private_key: readFileSync(sshd.key, "utf8") } : {};
  const parameters = { [code]: cmd, ...login, ...more, ...extra };
  return (await clientFor(kind).create({ action, parameters })).id;
}

function clientFor(kind: Kind): Client {
  const world = worlds[kind];
  if (!world) throw new Error("there is no such world");
  return world.client;
}

async function outcome(kind: Kind, id: string) {
  const client = clientFor(kind);
  const { end } = await receive(client, id);
  const { status, result = {} } = await client.get(id);
  const inner = (result["127.0.0.1"] ?? result) as Record<string, unknown>;
  const said = `${inner.stdout}${inner.stderr}`.replaceAll("\r", "");
  return { status, end, result: inner, said };
}

async function hasSaid(kind: Kind, id: string, bytes: number): Promise<boolean> {
  return ((await clientFor(kind).get(id)).output?.bytes.stdout ?? 0) >= bytes;
}

async function untilUp(kind: Kind, id: string): Promise<void> {
  await until("it is up", () => hasSaid(kind, id, "up\n".length));
}

/** Ignores the signals of an end, as do its children. */
const STUBBORN = `trap '' HUP TERM; (trap '' HUP TERM; while :; do sleep 0.1; done) & setsid sh -c "trap '' HUP TERM; while :; do sleep 0.1; done" & echo up; while :; do sleep 0.1; done`;

describe.concurrent.each(WAYS)("sudo, by $way,", (way) => {
  it("runs as root with a password, which no other user sees and the command cannot read", async () => {
    const go = join(accounts.folder, `go-${WAYS.indexOf(way)}`);
    const cmd = `id -un; cat | wc -c; echo in; while ! [ -e ${go} ]; do sleep 0.05; done`;
    const id = await start(way, "asked", cmd, { sudo_password: accounts.asked.password });
    let shown = "";
    await until("it is in", async () => {
      shown += shownByPs();
      return hasSaid("asked", id, "root\n0\nin".length);
    });
    const { agent } = worlds.asked ?? {};
    shown += shownByPs() + contentsOf(agent?.state ?? "") + agent?.log;
    writeFileSync(go, "");
    expect(shown).toContain(id);
    expect(shown).not.toContain(accounts.asked.password);
    const { status, said } = await outcome("asked", id);
    expect({ status, said }).toEqual({ status: "succeeded", said: "root\n0\nin" });
  });

  it("fails soon with a wrong password, and reports it", async () => {
    const id = await start(way, "asked", "echo never", { sudo_password: "not the password", timeout: 600 });
    const { status, result, said } = await outcome("asked", id);
    expect({ status, error: result.error }).toEqual({
      status: "failed",
      error: "sudo did not accept the password.",
    });
    expect(said).not.toContain("never");
  });

  it("fails at once without a needed password, and reports it", async () => {
    const { status, result, said } = await outcome("asked", await start(way, "asked", "echo never"));
    expect(status).toBe("failed");
    expect(result.error).toBe("sudo did not run the command; stderr says why.");
    expect(said).toContain("a password is required");
  });

  it("does not pass the command a password that sudo does not ask for", async () => {
    const parameters = { sudo_password: accounts.trusted.password };
    const id = await start(way, "trusted", "id -un; cat; echo", parameters);
    expect(await outcome("trusted", id)).toMatchObject({ status: "succeeded", said: "root\n" });
  });

  it("has the user's variables and StackStorm's, and the exit code of the command", async () => {
    const cmd = 'echo "$GREETING|$ST2_ACTION_PACK_NAME"; exit 7';
    const id = await start(way, "trusted", cmd, { env: { GREETING: "hello 'you'" } });
    const { status, said, result } = await outcome("trusted", id);
    expect({ status, said, code: result.return_code }).toEqual({
      status: "failed",
      said: `hello 'you'|${way.action.split(".")[0]}`,
      code: 7,
    });
  });

  it("is canceled with all its children, whatever they ignore", async () => {
    const id = await start(way, "trusted", STUBBORN);
    await untilUp("trusted", id);
    expect(markedProcesses(id).length).toBeGreaterThan(2);
    await clientFor("trusted").cancel(id);
    expect((await outcome("trusted", id)).status).toBe("canceled");
    expect(markedProcesses(id)).toEqual([]);
  });

  it("is ended at its timeout with all its children", async () => {
    const id = await start(way, "trusted", STUBBORN, { timeout: 1 });
    const { status, result } = await outcome("trusted", id);
    expect({ status, code: result.return_code }).toEqual({ status: "timeout", code: -9 });
    expect(markedProcesses(id)).toEqual([]);
  });
});

const COMMANDS = WAYS.filter(({ code }) => code === "cmd");

describe.concurrent.each(COMMANDS)("sudo, by $way,", (way) => {
  it("runs a command that is longer than an argument may be", async () => {
    const cmd = `text='${"x".repeat(140_000)}'; id -un; echo \${#text}; exit 7`;
    const { status, said, result } = await outcome("trusted", await start(way, "trusted", cmd));
    expect({ status, said, code: result.return_code }).toEqual({
      status: "failed",
      said: "root\n140000",
      code: 7,
    });
  });
});

const TERMINALS = WAYS.filter(({ more }) => more.tty === true);

describe.concurrent.each(TERMINALS)("sudo, by $way,", (way) => {
  it("has a terminal of the requested size, and one order of both streams", async () => {
    const lines = "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; stty size <&1";
    const id = await start(way, "trusted", lines, { tty_columns: 97, tty_rows: 31 });
    const wanted = [1, 2, 3, 4, 5].map((at) => `out ${at}\nerr ${at}\n`).join("");
    expect(await outcome("trusted", id)).toMatchObject({ status: "succeeded", said: `${wanted}31 97` });
  });
});

describe("an agent without privileges that is killed", () => {
  it("leaves nothing running under sudo", async () => {
    const ids = await Promise.all(WAYS.map((way) => start(way, "trusted", STUBBORN)));
    for (const id of ids) await untilUp("trusted", id);
    await worlds.trusted?.agent.stop("SIGKILL");
    for (const id of ids) await until("nothing of it runs", () => markedProcesses(id).length === 0);
  });
});
