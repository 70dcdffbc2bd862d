import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Client } from "../../protocol/client/client.ts";
import { pythonOutcome, runs, writePythonPack } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { clientOf, scratch, startWorld, type World } from "../support/world.ts";

let world: World;
/** A user who may run everything and read one key, and a user who may read none. */
let ann: Client;
let bob: Client;
const folder = scratch();

const CURL = 'curl --silent --show-error --unix-socket "$TAILRACE_JOB_SOCKET"';

beforeAll(async () => {
  const pack = join(folder, "packs", "site");
  writePythonPack(
    pack,
    {
      service: runs(`
        found = {}
        for name in ('site.token', 'site.other'):
            try:
                found[name] = self.action_service.get_value(name, local=False, decrypt=True) is not None
            except Exception as error:
                found[name] = str(error)
        return found`),
    },
    {
      "config.schema.yaml": "url: {type: string}\ntoken: {type: string, secret: true}\n",
      "actions/chains/tell.yaml": `chain:
  - {name: tell, ref: core.local, parameters: {cmd: "echo [{{ st2kv.system.site.token | decrypt_kv }}]; ${spelled("{{ st2kv.system.site.token | decrypt_kv }}")}"}}
`,
      "actions/tell.yaml": "name: tell\nrunner_type: action-chain\nentry_point: chains/tell.yaml\n",
      "actions/shell.yaml": `name: shell
runner_type: local-shell-cmd
parameters:
  cmd: {default: "true"}
  token: {type: string, default: "{{ config_context.token }}"}
`,
    },
  );
  mkdirSync(join(folder, "packs", "configs"));
  writeFileSync(join(folder, "packs", "configs", "site.yaml"), "url: http://site\ntoken: c0nfig-t0ken\n");
  world = await startWorld({ vars: { RBAC_ENABLED: true }, agentArgs: ["--packs", join(folder, "packs")] });
  const { client } = world;
  for (const name of ["site.token", "site.other"])
    await client.setKey(name, { value: `value of ${name}`, secret: true });
  await client.identity.createRole({
    name: "runners",
    permission_grants: [{ permission_types: ["action_execute"] }],
  });
  await client.identity.createRole({
    name: "readers",
    permission_grants: [
      { resource_uid: "key_value_pair:st2kv.system:site.token", permission_types: ["key_value_pair_view"] },
    ],
  });
  await client.identity.assign("ann", "runners");
  await client.identity.assign("ann", "readers");
  await client.identity.assign("bob", "runners");
  const of = async (user: string) =>
    clientOf(world.server.url, (await client.identity.createApiKey({ user })).key);
  [ann, bob] = [await of("ann"), await of("bob")];
});
afterAll(() => world.stop());

async function ran(client: Client, cmd: string, action = "core.local") {
  const { id } = await client.create({ action, parameters: { cmd } });
  await receive(client, id);
  const { status, result = {} } = await client.get(id);
  return { id, status, ...(result as { stdout?: string; error?: string }) };
}

/** Prints a text in a form that no mask matches. */
const spelled = (template: string) => `printf %s '${template}' | sed 's/./&-/g'`;
const SPELLED = "v-a-l-u-e- -o-f- -s-i-t-e-.-t-o-k-e-n-";
const READ = "{{ st2kv.system.site.token | decrypt_kv }}";
const denied = (user: string, name: string) =>
  `User "${user}" doesn't have required permission "key_value_pair_view" on resource "key_value_pair:st2kv.system:${name}"`;

describe.concurrent("a user's template", () => {
  it("reads the keys that the user may read", async ({ expect }) => {
    expect(await ran(ann, spelled(READ))).toMatchObject({ status: "succeeded", stdout: SPELLED });
    expect(await ran(world.client, spelled(READ))).toMatchObject({ status: "succeeded", stdout: SPELLED });
  });

  it("fails with the reason for a key that the user may not read", async ({ expect }) => {
    for (const template of [READ, "{{ st2kv.system.site.token }}", "{{ st2kv.system['site.token'] }}"]) {
      const { status, error } = await ran(bob, `echo ${template}`);
      expect({ status, error }).toEqual({
        status: "failed",
        error: `Failed to render parameter "cmd": ${denied("bob", "site.token")}`,
      });
    }
    expect(await ran(ann, "echo {{ st2kv.system.site.other }}")).toMatchObject({ status: "failed" });
  });

  it("has the user's own keys", async ({ expect }) => {
    await ann.setKey("place", { value: "with ann", scope: "user" });
    expect(await ran(ann, "echo own: {{ st2kv.user.place }}")).toMatchObject({ stdout: "own: with ann" });
    expect(await ran(bob, "echo own: {{ st2kv.user.place }}")).toMatchObject({ stdout: "own:" });
  });

  it("sees the pack's configuration without its secrets", async ({ expect }) => {
    const whole = spelled("{{ config_context | tojson }}");
    expect((await ran(bob, whole, "site.shell")).stdout?.replaceAll("-", "")).toBe('{"url": "http://site"}');
    expect(await ran(bob, "echo {{ config_context.token }}", "site.shell")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/^Failed to render parameter "cmd": .*no attribute 'token'/),
    });
  });
});

describe.concurrent("a request of an action to its socket", () => {
  it("has the rights of the run's user, and else gets 403 and a code", async ({ expect }) => {
    const ask = (client: Client) =>
      ran(
        client,
        `${CURL} -o /dev/null -w '%{http_code} ' "http://job/keys/site.token?decrypt=true"
         ${CURL} -X PUT -o /dev/null -w '%{http_code} ' http://job/keys/site.token --json '{"value": "x"}'
         ${CURL} -X DELETE -w ' %{http_code} ' http://job/keys/site.token
         ${CURL} "http://job/keys?prefix=site." | grep -o 'site[.][a-z]*"' | sort -u | tr -d '\n'`,
      );
    const { stdout: annSaw = "" } = await ask(ann);
    expect(annSaw).toMatch(/^200 403 /);
    expect(annSaw).toContain('"code":"forbidden"');
    expect(annSaw).toMatch(/ 403 site\.token"$/);
    const { stdout: bobSaw = "" } = await ask(bob);
    expect(bobSaw).toMatch(/^403 403 /);
    expect(bobSaw).toMatch(/ 403 $/);
    expect((await world.client.key("site.token", { decrypt: true })).value).toBe("value of site.token");
  });

  it("has the same rights with Python's service", async ({ expect }) => {
    const outcome = async (client: Client) => {
      const { id } = await client.create({ action: "site.service" });
      return (await pythonOutcome(client, id)).result;
    };
    expect(await outcome(ann)).toEqual({ "site.token": true, "site.other": denied("ann", "site.other") });
    expect(await outcome(bob)).toEqual({
      "site.token": denied("bob", "site.token"),
      "site.other": denied("bob", "site.other"),
    });
    expect(await outcome(world.client)).toEqual({ "site.token": true, "site.other": true });
  });
});

describe.concurrent("a chain", () => {
  it("reads keys with its user's rights, and its tasks' output masks the values", async ({ expect }) => {
    const { id } = await ann.create({ action: "site.tell" });
    await receive(ann, id);
    const output = await (await ann.output(id, { follow: "false" })).text();
    expect(output).toBe(`[********]\n${SPELLED}`);
    const [task] = await ann.children(id);
    expect(JSON.stringify(task)).not.toContain("value of");
    const refused = await bob.create({ action: "site.tell" });
    await receive(bob, refused.id);
    const { status, result } = await bob.get(refused.id);
    expect({ status, error: String(result?.error) }).toEqual({
      status: "failed",
      error: expect.stringContaining(denied("bob", "site.token")),
    });
  });
});

describe("a pool that is granted some keys", () => {
  it("gives only those keys to an administrator's run", async ({ expect }) => {
    await world.client.setPoolKeys("default", ["web."]);
    expect(await ran(world.client, `echo ${READ}`)).toMatchObject({
      status: "failed",
      error: 'Failed to render parameter "cmd": The pool "default" is not granted the key "site.token".',
    });
    await world.client.setPoolKeys("default", null);
    expect(await ran(world.client, spelled(READ))).toMatchObject({ status: "succeeded", stdout: SPELLED });
  });
});
