// @module-tag curl
// @module-tag python3
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonOutcome, runs, writePythonPack } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { remoteOutcome, startRemote } from "../support/remote.ts";
import { SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { afterTest, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
const folder = scratch();

beforeAll(async () => {
  const pack = join(folder, "packs", "calls");
  writePythonPack(pack, {
    environment: runs(`
      import json, urllib.request
      token = os.environ['ST2_AUTH_TOKEN']
      headers = {'X-Auth-Token': token}
      request = urllib.request.Request(os.environ['ST2_API_URL'] + '/user', headers=headers)
      with urllib.request.urlopen(request) as answer:
          user = json.load(answer)
      print('the token is', token)
      return [token == os.environ['ST2_ACTION_AUTH_TOKEN'], user['username']]`),
  });
  world = await startWorld({
    vars: { ACTION_AUTH_TOKEN: true },
    agentArgs: ["--packs", join(folder, "packs")],
  });
});
afterAll(() => world.stop());

const CURL = 'curl --silent --show-error -H "X-Auth-Token: $ST2_ACTION_AUTH_TOKEN"';

async function start(cmd: string, more: Record<string, unknown> = {}): Promise<string> {
  return (await world.client.create({ action: "core.local", parameters: { cmd, ...more } })).id;
}

async function outcome(id: string) {
  await receive(world.client, id);
  const { status, result = {} } = await world.client.get(id);
  return { status, stdout: result.stdout };
}

const opens = async (token: string) =>
  (await fetch(`${world.server.url}/api/v1/user`, { headers: { "x-auth-token": token } })).status;

/** A run that has written its token to a file, and goes on until it is ended. */
async function holding(more: Record<string, unknown> = {}): Promise<{ id: string; token: string }> {
  const file = join(scratch(), "token");
  const id = await start(
    `printf %s "$ST2_ACTION_AUTH_TOKEN" >"${file}.new"; mv "${file}.new" ${file}; sleep 60`,
    more,
  );
  await until("the token is there", () => existsSync(file));
  return { id, token: readFileSync(file, "utf8") };
}

describe("where a server gives runs tokens", () => {
  it("a command calls the API by it, and output and result show a mask", async () => {
    const { status, stdout } = await outcome(
      await start(`${CURL} "$ST2_ACTION_API_URL/user"; echo; echo "token: $ST2_ACTION_AUTH_TOKEN"`),
    );
    expect(status).toBe("succeeded");
    expect(String(stdout)).toContain('"username":"admin"');
    expect(String(stdout)).toMatch(/token: \*{8}$/);
  });

  it("a command starts another action by it", async () => {
    const body = '{"action": "core.noop"}';
    const { stdout } = await outcome(
      await start(
        `${CURL} -H 'Content-Type: application/json' -d '${body}' "$ST2_ACTION_API_URL/executions"`,
      ),
    );
    const { id, context } = stdout as { id: string; context: { user: string } };
    expect(context.user).toBe("admin");
    expect(await outcome(id)).toMatchObject({ status: "succeeded" });
  });

  it("a Python action has it by the names that StackStorm's client reads", async () => {
    const { id } = await world.client.create({ action: "calls.environment" });
    expect(await pythonOutcome(world.client, id)).toMatchObject({
      stdout: "the token is ********",
      result: [true, "admin"],
    });
  });

  it("a command on a remote host has it", { tags: SSHD_TAGS }, async () => {
    const sshd = await Sshd.start();
    afterTest(() => sshd.stop());
    const id = await startRemote(world.client, sshd, `${CURL} "$ST2_ACTION_API_URL/user"`);
    const { host } = await remoteOutcome(world.client, id);
    expect(host.stdout).toMatchObject({ username: "admin" });
  });

  it.each([
    ["is canceled", {}, "canceled", (id: string) => world.client.cancel(id)],
    ["takes too long", { timeout: 2 }, "timeout", async () => undefined],
  ])("it is void once the run %s", async (_, more, status, act) => {
    const { id, token } = await holding(more);
    if (status === "canceled") expect(await opens(token)).toBe(200);
    await act(id);
    expect((await outcome(id)).status).toBe(status);
    await until("the token is void", async () => (await opens(token)) === 401);
  });

  it("it is void once the agent was stopped under the run", async () => {
    const { id, token } = await holding();
    expect(await opens(token)).toBe(200);
    await world.agent.stop();
    await until("the token is void", async () => (await opens(token)) === 401);
    expect((await world.client.get(id)).status).toBe("abandoned");
    await world.agent.start().ready();
  });

  it("nothing on the agent's disk has it", async () => {
    const { id, token } = await holding();
    const found = execFileSync("sh", ["-c", 'grep -rlF -e "$TOKEN" "$STATE" || true'], {
      env: { ...process.env, TOKEN: token, STATE: world.agent.state },
      encoding: "utf8",
    });
    expect(found).toBe("");
    await world.client.cancel(id);
    await outcome(id);
  });
});

describe("where a server is not told to", () => {
  it("runs get no token", async () => {
    const plain = await startWorld();
    afterTest(() => plain.stop());
    const cmd = 'echo "none: $ST2_ACTION_AUTH_TOKEN$ST2_AUTH_TOKEN"';
    const { id } = await plain.client.create({ action: "core.local", parameters: { cmd } });
    await receive(plain.client, id);
    expect((await plain.client.get(id)).result).toMatchObject({ stdout: "none: " });
  });
});
