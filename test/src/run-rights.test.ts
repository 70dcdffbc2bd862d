import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS_GRANTS_MAX } from "../../protocol/base/limits.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import type { LeasedKey } from "../../protocol/model/key.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import { chainOf, registerChains, take } from "./support/chains.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, type Granted, json, userWith } from "./support/identity.ts";
import { clientWith, registerActions, TestAgent } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();
type Headers = Record<string, string>;

const RUN: Granted = { permission_types: ["action_execute"] };
const on = (name: string, permission: string): Granted => ({
  resource_uid: `key_value_pair:st2kv.system:${name}`,
  permission_types: [permission],
});

let agent: TestAgent;
beforeAll(async () => {
  await registerActions();
  agent = await TestAgent.connect("default");
  agent.hello({ slots: 200 });
  await agent.expect("welcome");
  await client.setKey("web.token", { value: "t0ken", secret: true });
  await client.setKey("web.url", { value: "http://web" });
  await client.setKey("db.password", { value: "p4ssword", secret: true });
});
afterAll(() => agent.close());

interface Running {
  id: string;
  token: string;
  end: () => Promise<unknown>;
}

/** Starts an action as a user, and takes it as an agent would. */
async function runAs(headers: Headers, more: Record<string, unknown> = {}): Promise<Running> {
  const body = { action: "core.local", parameters: { cmd: "true" }, ...more };
  const { id } = await json<Execution>(
    await ask("/api/v1/executions", { method: "POST", headers, body }),
    201,
  );
  return taken(id);
}

async function taken(id: string): Promise<Running> {
  const { token, execution } = await agent.expect("lease");
  expect(execution.execution_id).toBe(id);
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  await client.start(id, token);
  const result = { failed: false, succeeded: true, return_code: 0, stdout: "", stderr: "" };
  return {
    id,
    token,
    end: () => client.end(id, token, { last_seq: 0, status: "succeeded", exit_code: 0, result }),
  };
}

/** The run's answer for each name: the value, the reason for a denial, or nothing. */
async function values(
  { id, token }: Running,
  names: string[],
  scope: "system" | "user" = "system",
  as = ask,
) {
  const response = await leased(as, id, token, "POST", "read", { names, scope });
  const keys = await json<LeasedKey[]>(response);
  const shown = keys.map(({ name, value, denied }) => [name, denied ?? value] as const);
  return Object.fromEntries(shown);
}

function leased(as: typeof ask, id: string, token: string, method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${token}` };
  const init = body === undefined ? { method, headers } : { method, headers, body };
  return as(`/agent/v1/executions/${id}/keys/${path}`, init);
}

const ALL = ["web.token", "web.url", "db.password", "no.such"];
const OPEN = { "web.token": "t0ken", "web.url": "http://web", "db.password": "p4ssword" };

describe("a run reads shared keys", () => {
  const denied = (user: string, name: string) =>
    `User "${user}" doesn't have required permission "key_value_pair_view" on resource "key_value_pair:st2kv.system:${name}"`;

  it.each(["admin", "system_admin"])("of every name, with the role %s", async (role) => {
    const run = await runAs((await userWith(ask, [], role)).headers);
    expect(await values(run, ALL)).toEqual(OPEN);
    await run.end();
  });

  it("that its user is granted, and gets the reason for each other name, whether it exists or not", async () => {
    const { headers, user } = await userWith(ask, [
      RUN,
      on("web.token", "key_value_pair_view"),
      on("web.url", "key_value_pair_list"),
    ]);
    const run = await runAs(headers);
    const others = { "db.password": denied(user, "db.password"), "no.such": denied(user, "no.such") };
    expect(await values(run, ALL)).toEqual({ "web.token": "t0ken", "web.url": "http://web", ...others });
    await run.end();
  });

  it("of no name without a grant, and no secret with a grant to list only", async () => {
    const nothing = await userWith(ask, [RUN]);
    const run = await runAs(nothing.headers);
    expect(await values(run, ALL)).toEqual(
      Object.fromEntries(ALL.map((name) => [name, denied(nothing.user, name)])),
    );
    await run.end();
    const lists = await userWith(ask, [RUN, { permission_types: ["key_value_pair_list"] }]);
    const listing = await runAs(lists.headers);
    expect(await values(listing, ALL)).toEqual({
      "web.url": "http://web",
      "web.token": denied(lists.user, "web.token"),
      "db.password": denied(lists.user, "db.password"),
    });
    await listing.end();
  });

  it("with the rights that its user had at the start", async () => {
    const { headers, assignment } = await userWith(ask, [RUN, on("web.token", "key_value_pair_view")]);
    const run = await runAs(headers);
    await ask(`/api/v1/rbac/role_assignments/${assignment}`, { method: "DELETE", headers: asAdmin });
    expect(await values(run, ["web.token"])).toEqual({ "web.token": "t0ken" });
    await run.end();
  });

  it("with the rights of the user that an administrator names", async () => {
    const { user } = await userWith(ask, [RUN]);
    const run = await runAs(asAdmin, { user });
    expect(await values(run, ["web.token"])).toEqual({ "web.token": denied(user, "web.token") });
    await run.end();
  });

  it("with its user's present rights if it was stored without rights, and all keys where roles do not count", async () => {
    const { headers, user } = await userWith(ask, [RUN, on("web.token", "key_value_pair_view")]);
    const run = await runAs(headers);
    await forgetRights(run.id);
    expect(await values(run, ["web.token", "db.password"])).toEqual({
      "web.token": "t0ken",
      "db.password": denied(user, "db.password"),
    });
    expect(await values(run, ALL, "system", askWith())).toEqual(OPEN);
    await run.end();
  });

  it("with a bounded number of grants", async () => {
    const many = Array.from({ length: RIGHTS_GRANTS_MAX }, (_, at) =>
      on(`many.${at}`, "key_value_pair_view"),
    );
    const { headers } = await userWith(ask, [RUN, ...many]);
    const body = { action: "core.local", parameters: { cmd: "true" } };
    expect((await ask("/api/v1/executions", { method: "POST", headers, body })).status).toBe(400);
  });
});

describe("a run writes keys", () => {
  it("that its user may set or delete, and no others", async () => {
    const { headers, user } = await userWith(ask, [
      RUN,
      on("run.set", "key_value_pair_set"),
      on("run.delete", "key_value_pair_delete"),
      on("web.token", "key_value_pair_view"),
    ]);
    const { id, token, end } = await runAs(headers);
    const put = (name: string) => leased(ask, id, token, "PUT", name, { value: "by the run" });
    const remove = (name: string) => leased(ask, id, token, "DELETE", name);
    expect((await put("run.set")).status).toBe(200);
    expect(await json(await remove("run.delete"))).toEqual({ deleted: false });
    for (const refused of [
      await put("run.delete"),
      await put("web.token"),
      await remove("run.set"),
      await remove("web.token"),
    ])
      expect(await json(refused, 403)).toMatchObject({
        code: "forbidden",
        faultstring: expect.stringContaining(user),
      });
    expect((await client.key("run.set")).value).toBe("by the run");
    await end();
  });
});

describe("a run has its user's own keys", () => {
  it("to read, list and write, and those of no other user", async () => {
    const [ann, bob] = [await userWith(ask, [RUN]), await userWith(ask, [RUN])];
    for (const { headers, user } of [ann, bob]) {
      const body = { value: `of ${user}`, secret: true, scope: "user" };
      await json(await ask("/api/v1/keys/mine", { method: "PUT", headers, body }));
    }
    const run = await runAs(ann.headers);
    const { id, token } = run;
    expect(await values(run, ["mine"], "user")).toEqual({ mine: `of ${ann.user}` });
    expect(
      await json(await leased(ask, id, token, "POST", "read", { prefix: "", scope: "user" })),
    ).toMatchObject([{ name: "mine", value: "********", user: ann.user }]);
    const set = { value: "new", user: bob.user, scope: "user" };
    expect(await json(await leased(ask, id, token, "PUT", "mine", set))).toMatchObject({ user: ann.user });
    expect(await json(await leased(ask, id, token, "DELETE", "mine?scope=user"))).toEqual({ deleted: true });
    const left = await ask("/api/v1/keys/mine?scope=user&decrypt=true", { headers: bob.headers });
    expect(await json(left)).toMatchObject({ value: `of ${bob.user}` });
    await run.end();
  });

  it("of an administrator too, and not those of other users", async () => {
    const admin = await userWith(ask, [], "admin");
    const run = await runAs(admin.headers);
    expect(await values(run, ["mine"], "user")).toEqual({});
    await run.end();
  });
});

describe("a pool that is granted some keys", () => {
  const grant = (prefixes: string[] | null) => client.setPoolKeys("default", prefixes);
  afterAll(() => grant(null));

  it("gives its runs only those, also runs of administrators and users' own keys", async () => {
    const admin = await userWith(ask, [], "admin");
    await json(
      await ask("/api/v1/keys/mine", {
        method: "PUT",
        headers: admin.headers,
        body: { value: "x", scope: "user" },
      }),
    );
    const run = await runAs(admin.headers);
    const { id, token } = run;
    const names = async (scope: string) =>
      (await json<LeasedKey[]>(await leased(ask, id, token, "POST", "read", { prefix: "", scope }))).map(
        ({ name }) => name,
      );
    await grant(["web.", "no."]);
    const refused = (name: string) => `The pool "default" is not granted the key "${name}".`;
    expect(await values(run, ALL)).toEqual({ ...OPEN, "db.password": refused("db.password") });
    expect(await values(run, ["mine"], "user")).toEqual({ mine: refused("mine") });
    expect(await names("system")).toEqual(["web.token", "web.url"]);
    expect(await names("user")).toEqual([]);
    for (const method of ["PUT", "DELETE"]) {
      const body = method === "PUT" ? { value: "x" } : undefined;
      expect(await json(await leased(ask, id, token, method, "db.password", body), 403)).toMatchObject({
        faultstring: refused("db.password"),
      });
    }
    await grant([]);
    expect(await values(run, ["web.url"])).toEqual({ "web.url": refused("web.url") });
    await grant(null);
    expect(await values(run, ALL)).toEqual(OPEN);
    await run.end();
  });
});

describe("a chain", () => {
  const chain = (name: string, tasks: object[], more = {}) => chainOf(name, { chain: tasks, ...more });
  beforeAll(() =>
    registerChains(
      client,
      chain("reads", [
        { name: "one", ref: "chains.shell", parameters: { cmd: "{{ st2kv.system.web.url }}" } },
      ]),
      chain("own", [{ name: "one", ref: "chains.shell", parameters: { cmd: "{{ st2kv.user.place }}" } }]),
      chain("two", [
        { name: "one", ref: "chains.login", "on-failure": "two", parameters: {} },
        { name: "two", ref: "chains.shell", parameters: { cmd: "after" } },
      ]),
    ),
  );

  async function startChain(name: string, headers: Headers): Promise<string> {
    const body = { action: `chains.${name}`, parameters: {} };
    return (await json<Execution>(await ask("/api/v1/executions", { method: "POST", headers, body }), 201))
      .id;
  }
  const onChain = (name: string): Granted => ({
    resource_uid: `action:chains:${name}`,
    permission_types: ["action_execute"],
  });
  const ended = (id: string) =>
    eventually(async () => {
      const execution = await client.get(id);
      expect(execution.end_timestamp).toBeDefined();
      return execution;
    });

  it("reads keys with its user's rights, and fails with the reason when it may not", async () => {
    const may = await userWith(ask, [
      onChain("reads"),
      onChain("shell"),
      on("web.url", "key_value_pair_view"),
    ]);
    const id = await startChain("reads", may.headers);
    const task = await take(client, agent);
    expect(task.parameters).toMatchObject({ cmd: "http://web" });
    await task.end();
    expect(await ended(id)).toMatchObject({ status: "succeeded" });
    const { headers, user } = await userWith(ask, [onChain("reads"), onChain("shell")]);
    const refused = await ended(await startChain("reads", headers));
    expect(refused.status).toBe("failed");
    expect(refused.result?.error).toContain(
      `User "${user}" doesn't have required permission "key_value_pair_view" on resource "key_value_pair:st2kv.system:web.url"`,
    );
  });

  it("reads its user's own keys", async () => {
    const { headers, user } = await userWith(ask, [onChain("own"), onChain("shell")]);
    const body = { value: `with ${user}`, scope: "user" };
    await json(await ask("/api/v1/keys/place", { method: "PUT", headers, body }));
    const id = await startChain("own", headers);
    const task = await take(client, agent);
    expect(task.parameters).toMatchObject({ cmd: `with ${user}` });
    // The task has the rights of the chain's user too.
    expect(await env.EXECUTION.getByName(task.id).run()).toMatchObject({
      context: { user },
      rights: { is_admin: false },
    });
    await task.end();
    await ended(id);
  });

  it("runs the actions that its user may run; another task fails, and its on-failure task runs", async () => {
    const { headers, user } = await userWith(ask, [onChain("two"), onChain("shell")]);
    const id = await startChain("two", headers);
    const task = await take(client, agent);
    expect(task.name).toBe("two");
    await task.end();
    const { status, result = {} } = await ended(id);
    const why = `User "${user}" doesn't have required permission "action_execute" on resource "action:chains:login"`;
    expect({ status, result }).toMatchObject({
      status: "succeeded",
      result: {
        tasks: [
          { state: "failed", execution_id: null, result: { error: expect.stringContaining(why) } },
          { state: "succeeded" },
        ],
      },
    });
  });

  it("that is run again has the rights of the user who does so", async () => {
    const may = await userWith(ask, [
      onChain("reads"),
      onChain("shell"),
      on("web.url", "key_value_pair_view"),
    ]);
    const id = await startChain("reads", may.headers);
    await (await take(client, agent)).end();
    await ended(id);
    const { headers } = await userWith(ask, [onChain("reads"), onChain("shell")]);
    const again = await ask(`/api/v1/executions/${id}/re_run`, { method: "POST", headers, body: {} });
    const second = await ended((await json<Execution>(again, 201)).id);
    expect(second.result?.error).toContain("key_value_pair_view");
  });

  it("shows the children that a user may view", async () => {
    const { headers } = await userWith(ask, [], "admin");
    const id = await startChain("reads", headers);
    const task = await take(client, agent);
    const seen = async (...actions: string[]) => {
      const viewer = await userWith(
        ask,
        actions.map((name) => ({
          resource_uid: `action:chains:${name}`,
          permission_types: ["execution_view"],
        })),
      );
      const children = await ask(`/api/v1/executions/${id}/children`, { headers: viewer.headers });
      return (await json<Execution[]>(children)).map((child) => child.id);
    };
    expect(await seen("reads")).toEqual([]);
    expect(await seen("reads", "shell")).toEqual([task.id]);
    await task.end();
    await ended(id);
  });
});

/** Makes an execution look stored before runs had rights. The state in memory may be stored once more before that. */
function forgetRights(id: string): Promise<void> {
  const object = env.EXECUTION.getByName(id);
  return eventually(async () => {
    await runInDurableObject(object, (_, { storage }) => {
      const state = storage.kv.get<ExecutionState>("state");
      delete state?.spec.rights;
      storage.kv.put("state", state);
    });
    await evictDurableObject(object);
    expect(await object.run()).not.toHaveProperty("rights");
  });
}
