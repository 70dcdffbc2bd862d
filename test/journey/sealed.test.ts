// @module-tag tar
// @module-tag python3
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { STATE_VERSION } from "../../cli/server/state-version.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { receive } from "../support/reader.ts";
import { copyState, RELEASES } from "../support/stored-state.ts";
import { afterTest, clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

const SECRETS = {
  parameter: "parameter-Jx8Rk3Vd6Wq1Zb5Np0",
  chain: "chain-Ty4Gm9Hc2Ls7Fe6Uo1",
  waiting: "waiting-Ai5Bn0Kj3Qw8Xr2Pv7",
  key: "key-Sd6Yt1Zl4Mc9Vh3Eb8",
};

/** The secrets that occur in the files below a folder, forwards or backwards. */
function leaks(folder: string, secrets: string[]): string[] {
  const texts = secrets.flatMap((secret) => [secret, [...secret].reverse().join("")]);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => {
      const bytes = readFileSync(join(parentPath, name));
      const found = texts.filter(
        (text) => bytes.includes(text) || bytes.includes(Buffer.from(text, "utf16le")),
      );
      return found.map((text) => `${name}: ${text}`);
    });
}

async function start(state: string) {
  const server = await startServer({ port: 0, state });
  let is_stopped = false;
  const stop = async () => {
    if (!is_stopped) await server.stop();
    is_stopped = true;
  };
  afterTest(stop);
  return { url: server.url, key: server.apiKey, client: clientOf(server.url, server.apiKey), stop };
}

/** The document with clear secrets. */
async function openDocument(url: string, key: string, id: string): Promise<Execution> {
  const headers = { "st2-api-key": key };
  return (
    await fetch(`${url}/api/v1/executions/${id}?show_secrets=true`, { headers })
  ).json() as Promise<Execution>;
}

async function setKey(client: Client): Promise<void> {
  await client.setKey("stored_secret", { value: SECRETS.key, secret: true });
}

describe("a server's stored state", () => {
  it("has no secret parameter and no secret result in clear, anywhere; a changed secret can still open them", async () => {
    const state = join(scratch(), "state");
    const before = await start(state);
    const { client } = before;
    await setKey(client);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agent = new TestAgent(before.url, key, ["--packs", join(ROOT, "test/fixtures/packs/stored")]);
    afterTest(() => agent.stop());
    await agent.start().ready();
    const { id: login } = await client.create({
      action: "stored.login",
      parameters: { token: SECRETS.parameter },
    });
    const { id: chain } = await client.create({
      action: "stored.relay",
      parameters: { token: SECRETS.chain },
    });
    for (const id of [login, chain]) expect((await receive(client, id)).end?.status).toBe("succeeded");
    const go = join(scratch(), "go");
    const { id: waiting } = await client.create({
      action: "stored.waiting_chain",
      parameters: { file: go, token: SECRETS.waiting },
    });
    await until("its first task runs", async () => (await client.get(waiting)).children?.length);
    expect(leaks(state, Object.values(SECRETS))).toEqual([]);
    expect(leaks(agent.state, Object.values(SECRETS))).toEqual([]);

    // The secret is changed, and the previous one is still set.
    await agent.stop();
    await before.stop();
    const file = join(state, "secrets.json");
    const { TAILRACE_SECRET: previous, ...secrets } = JSON.parse(readFileSync(file, "utf8"));
    const changed = { ...secrets, TAILRACE_SECRET: "a new secret", TAILRACE_SECRET_PREVIOUS: previous };
    writeFileSync(file, JSON.stringify(changed));
    const after = await start(state);
    const open = await openDocument(after.url, after.key, login);
    expect(open.parameters).toEqual({ token: SECRETS.parameter });
    const session = `session-${[...SECRETS.parameter].reverse().join("")}`;
    expect(open.result).toMatchObject({ result: { session } });
    expect((await after.client.key("stored_secret", { decrypt: true })).value).toBe(SECRETS.key);
    expect(leaks(state, Object.values(SECRETS))).toEqual([]);
  });
});

describe.each(RELEASES)("the state that %s has left", (release) => {
  it("has no secret in clear after it was opened", async () => {
    const { state, stored } = copyState(release);
    const { secrets, executions } = stored;
    // The first release here sealed only keys.
    if (release === "bee7ba9") expect(leaks(state, Object.values(secrets))).not.toEqual([]);
    const { url, key, client, stop } = await start(state);
    expect(leaks(join(state, "store"), Object.values(secrets))).toEqual([]);
    expect(readFileSync(join(state, "version"), "utf8")).toBe(`${STATE_VERSION}\n`);
    expect((await openDocument(url, key, executions.login ?? "")).parameters).toMatchObject({
      token: secrets.parameter,
    });
    expect((await client.key("stored_secret", { decrypt: true })).value).toBe(secrets.key);
    await stop();
    expect(leaks(join(state, "store"), Object.values(secrets))).toEqual([]);
  });
});
