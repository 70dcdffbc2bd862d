// @module-tag openssh-client
// @module-tag openssh-server
// @module-tag passwd
// @module-tag root
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Accounts, type AccountWorld } from "../support/accounts.ts";
import { contentsOf, shownByPs } from "../support/processes.ts";
import { receive } from "../support/reader.ts";
import { Sshd } from "../support/sshd.ts";
import { until } from "../support/world.ts";

let accounts: Accounts;
let sshd: Sshd;
let world: AccountWorld;

beforeAll(async () => {
  accounts = Accounts.create();
  sshd = await Sshd.start({ accounts });
  world = await accounts.startWorld(accounts.trusted);
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
  accounts?.remove();
});

async function start(cmd: string, more: Record<string, unknown>): Promise<string> {
  const parameters = { cmd, host_key_checking: "off", ...more };
  return (await world.client.create({ action: "core.remote", parameters })).id;
}

async function outcome(id: string) {
  await receive(world.client, id);
  const { status, result = {} } = await world.client.get(id);
  return { status, host: Object.values(result)[0] };
}

describe("signing in to a remote host", () => {
  const byPassword = (password: string) => ({
    hosts: "127.0.0.1",
    port: sshd.port,
    username: accounts.asked.name,
    password,
  });

  it("works with a password, which is never shown", async () => {
    const go = join(accounts.folder, "go");
    const cmd = `id -un; echo in; while ! [ -e ${go} ]; do sleep 0.05; done`;
    const id = await start(cmd, byPassword(accounts.asked.password));
    let shown = "";
    await until("it is in", async () => {
      shown += shownByPs() + contentsOf(world.agent.state);
      return (await world.client.get(id)).output?.bytes.stdout === `${accounts.asked.name}\nin\n`.length;
    });
    writeFileSync(go, "");
    expect(shown).toContain("SSH_ASKPASS=");
    expect(shown + world.agent.log).not.toContain(accounts.asked.password);
    expect(await outcome(id)).toMatchObject({
      status: "succeeded",
      host: { stdout: `${accounts.asked.name}\nin` },
    });
  });

  it("fails soon with a wrong password, and reports it", async () => {
    const id = await start("true", { ...byPassword("not the password"), timeout: 600 });
    expect(await outcome(id)).toMatchObject({
      status: "failed",
      host: {
        return_code: 255,
        error: expect.stringMatching(/^Connection error\. Cannot connect .*Permission denied/s),
      },
    });
  });

  it("uses the agent's own ~/.ssh/config: another name, a port, a user, a key", async () => {
    const ssh = join(accounts.trusted.home, ".ssh");
    const key = join(ssh, "far-key");
    accounts.give(accounts.trusted, key, readFileSync(sshd.key, "utf8"));
    accounts.give(
      accounts.trusted,
      join(ssh, "config"),
      `Host far-away\n HostName 127.0.0.1\n Port ${sshd.port}\n User ${accounts.asked.name}\n IdentityFile ${key}\n`,
    );
    const id = await start("id -un", { hosts: "far-away" });
    expect(await outcome(id)).toMatchObject({ status: "succeeded", host: { stdout: accounts.asked.name } });
  });
});
