import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { api, get } from "../support/api.ts";
import { asAdmin, askWith, json } from "../support/identity.ts";
import { clientWith, TestAgent } from "../support/world.ts";

const client = clientWith();
const path = "/v1/executions";
const local = { action: "made.local", parameters: { cmd: "date" } };

beforeAll(async () => {
  const action = { pack: "made", runner_type: "local-shell-cmd" as const };
  await client.register({
    actions: [
      {
        ...action,
        name: "local",
        description: "Runs a command.",
        metadata_file: "actions/local.yaml",
        parameters: {
          cmd: { type: "string", required: true },
          b: { type: "string", default: "x" },
          c: { type: "string", immutable: true },
          token: { type: "string", secret: true },
        },
      },
      { ...action, name: "disabled", enabled: false },
      {
        pack: "made",
        name: "remote",
        runner_type: "remote-shell-cmd",
        parameters: { cmd: { type: "string" } },
      },
    ],
  });
});
afterEach(() => vi.useRealTimers());

describe("POST /executions", () => {
  it("answers 201 with StackStorm's document, without empty fields", async () => {
    const { status, body } = await api("POST", path, { ...local, user: null });
    expect(status).toBe(201);
    const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      status: "requested",
      start_timestamp: stamp,
      action: { ref: "made.local", uid: "action:made:local", runner_type: "local-shell-cmd", enabled: true },
      runner: { name: "local-shell-cmd", runner_module: "local_runner" },
      liveaction: {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        action: "made.local",
        action_is_workflow: false,
        callback: {},
        runner_info: {},
        parameters: { cmd: "date" },
      },
      parameters: { cmd: "date" },
      context: { user: "admin", pack: "made" },
      log: [{ status: "requested", timestamp: stamp }],
      web_url: expect.stringContaining(`/#/history/${body.id}/general`),
    });
    for (const empty of ["result", "children", "end_timestamp", "elapsed_seconds", "parent", "delay"])
      expect(body).not.toHaveProperty(empty);
    expect((await get(`${path}/${body.id}`)).body.id).toBe(body.id);
  });

  it.each([
    [{ action: "made.nothing" }, 'Action "made.nothing" cannot be found.'],
    [{ action: "made.disabled" }, 'Unable to execute. Action "made.disabled" is disabled.'],
    [
      { ...local, parameters: { cmd: "a", foo: 1 } },
      "Additional properties are not allowed ('foo' was unexpected)",
    ],
    [{ action: "made.local" }, "'cmd' is a required property"],
    [{ action: "made.remote", parameters: { cmd: "a" } }, "'hosts' is a required property"],
    [{ ...local, parameters: { cmd: 1000 } }, /Value "1000" must either be a string or None. Got "int"/],
    [
      { ...local, parameters: { cmd: "a", c: "d" } },
      "Override of immutable parameter(s) ['c'] is unsupported.",
    ],
    [
      { ...local, parameters: { cmd: "a", constructor: 1 } },
      "Additional properties are not allowed ('constructor' was unexpected)",
    ],
    [
      { ...local, parameters: { cmd: "a", ["__proto__"]: { foo: 1 } } },
      "Additional properties are not allowed ('__proto__' was unexpected)",
    ],
    [{ ...local, parameters: ["date"] }, `parameters: ["date"] is not of type 'object'`],
    [{ ...local, context: "none" }, "context: 'none' is not of type 'object'"],
    [{}, /action/],
    [{ ...local, colour: "blue" }, /colour/],
    [{ ...local, delay: -1 }, /delay/],
    [{ ...local, delay: "soon" }, /delay/],
    ["{", "The body is not JSON."],
  ])("refuses %j", async (body, text) => {
    const before = Number((await get(`${path}?limit=1`)).headers.get("x-total-count"));
    const answer = await api("POST", path, body);
    expect(answer.status).toBe(400);
    if (typeof text === "string") expect(answer.body.faultstring).toBe(text);
    else expect(answer.body.faultstring).toMatch(text);
    expect(Number((await get(`${path}?limit=1`)).headers.get("x-total-count"))).toBe(before);
  });

  it("refuses a template with an unknown name, and stores an execution that failed in rendering", async () => {
    const answer = await api("POST", path, { ...local, parameters: { cmd: "{{ ABSENT }}" } });
    expect(answer).toMatchObject({
      status: 400,
      body: { faultstring: 'Dependency unsatisfied in variable "ABSENT"', code: "unresolved" },
    });
    const { body } = await get(`${path}/last`);
    expect(body).toMatchObject({
      status: "failed",
      parameters: { cmd: "{{ ABSENT }}" },
      result: { error: 'Dependency unsatisfied in variable "ABSENT"' },
      log: [{ status: "requested" }, { status: "failed" }],
    });
    expect((await get(`${path}?status=failed&action=made.local`)).body[0].id).toBe(body.id);
    expect((await get(`${path}/${body.id}/output`)).body).toBe("");
  });

  it.each([{ b: null }, { token: null }])("accepts an explicit null: %j", async (parameters) => {
    const { status, body } = await api("POST", path, {
      ...local,
      parameters: { ...local.parameters, ...parameters },
    });
    expect(status).toBe(201);
    expect(body.parameters).toEqual({ cmd: "date", ...parameters });
  });

  it("keeps context, trace and notify, and reads more context from a header", async () => {
    const trace_context = { trace_tag: "tt" };
    const notify = { "on-complete": { message: "done" } };
    const { body } = await api(
      "POST",
      path,
      { ...local, context: { trace_context, user: "somebody else" }, notify },
      { "st2-context": '{"source_channel": "ops", "pack": "other"}' },
    );
    expect(body.context).toEqual({ trace_context, source_channel: "ops", user: "admin", pack: "made" });
    expect(body.liveaction.notify).toEqual(notify);
  });

  it.each([
    ["nonsense", "<class 'str'>"],
    ["[1]", "<class 'list'>"],
    ["3", "<class 'int'>"],
    ["null", "<class 'NoneType'>"],
  ])("refuses the st2-context %j", async (header, type) => {
    const { status, body } = await api("POST", path, local, { "st2-context": header });
    expect(status).toBe(400);
    expect(body.faultstring).toBe(`Unable to convert st2-context from the headers into JSON (was ${type}).`);
  });

  it("masks secrets unless an administrator asks for them", async () => {
    const secret = { ...local, parameters: { cmd: "date", token: "s3cr3t-value" } };
    expect((await api("POST", path, secret)).body.parameters.token).toBe("********");
    const open = await api("POST", `${path}?show_secrets=true`, secret);
    expect(open.body.parameters.token).toBe("s3cr3t-value");
    expect(open.body.liveaction.parameters.token).toBe("s3cr3t-value");
  });

  it("accepts another user's name from administrators only when roles count", async () => {
    const mine = { ...local, user: "admin" };
    expect((await api("POST", path, mine)).status).toBe(201);
    const refused = await api("POST", path, { ...local, user: "bob" });
    expect(refused).toMatchObject({
      status: 403,
      body: { faultstring: '"user" attribute can only be provided by admins when RBAC is enabled' },
    });
    const ask = askWith({ RBAC_ENABLED: true });
    const body = { ...local, user: "bob" };
    const made = await json(await ask(path, { method: "POST", headers: asAdmin, body }), 201);
    expect(made).toMatchObject({ context: { user: "bob" } });
  });
});

describe("a delay", () => {
  const wanted = { ...local, delay: 60_000 };
  const travel = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

  it("holds an execution back, which then takes its place in the queue", async () => {
    const { body } = await api("POST", path, wanted);
    expect(body).toMatchObject({ status: "delayed", delay: 60_000 });
    const object = env.EXECUTION.getByName(body.id);
    await evictDurableObject(object);
    expect((await get(`${path}?status=delayed&id=${body.id}`)).body).toHaveLength(1);
    travel(59_000);
    await runDurableObjectAlarm(object);
    expect((await get(`${path}/${body.id}`)).body.status).toBe("delayed");
    travel(2_000);
    await runDurableObjectAlarm(object);
    const agent = await TestAgent.connect("default");
    agent.hello({ slots: 200 });
    await agent.expect("welcome");
    let lease = await agent.expect("lease");
    // Executions that earlier tests of this file left waiting come first.
    while (lease.execution.execution_id !== body.id) lease = await agent.expect("lease");
    const { log } = (await get(`${path}/${body.id}`)).body;
    const statuses = log.map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(["requested", "delayed", "requested", "scheduled"]);
    agent.close();
  });

  it("does not hinder a cancel", async () => {
    const { body } = await api("POST", path, wanted);
    expect((await api("DELETE", `${path}/${body.id}`)).body).toMatchObject({
      status: "canceled",
      result: { message: "Action canceled by user.", user: "admin" },
    });
    travel(61_000);
    await runDurableObjectAlarm(env.EXECUTION.getByName(body.id));
    expect((await get(`${path}/${body.id}`)).body.status).toBe("canceled");
  });

  it("of zero counts as none", async () => {
    for (const delay of [0, null])
      expect((await api("POST", path, { ...local, delay })).body).toMatchObject({ status: "requested" });
  });
});

describe("POST /executions/{id}/re_run", () => {
  async function rerun(id: string, body: unknown, query = "") {
    return api("POST", `${path}/${id}/re_run${query}`, body);
  }

  it("runs the same again, with some parameters replaced and its origin recorded", async () => {
    const context = { trace_context: { trace_tag: "t" } };
    const parameters = { cmd: "date", b: "y", token: "t0ken-of-the-first" };
    const { id } = (await api("POST", path, { ...local, parameters, context })).body;
    const again = await rerun(id, { parameters: { cmd: "uptime" }, tasks: [], reset: [], delay: 0 });
    expect(again.status).toBe(201);
    expect(again.body).toMatchObject({
      parameters: { cmd: "uptime", b: "y", token: "********" },
      context: { "re-run": { ref: id }, user: "admin", ...context },
    });
    expect(again.body.id).not.toBe(id);
    const open = await get(`${path}/${again.body.id}?show_secrets=true`);
    expect(open.body.parameters.token).toBe("t0ken-of-the-first");
  });

  it("drops the old parameters on request", async () => {
    const { id } = (await api("POST", path, { ...local, parameters: { cmd: "a", b: "y" } })).body;
    const again = await rerun(id, { parameters: { cmd: "uptime" } }, "?no_merge=true");
    expect(again.body.parameters).toEqual({ cmd: "uptime" });
    expect((await rerun(id, {}, "?no_merge=true")).body.faultstring).toBe("'cmd' is a required property");
  });

  it("waits first with a delay", async () => {
    const { id } = (await api("POST", path, local)).body;
    expect((await rerun(id, { delay: 5_000 })).body).toMatchObject({ status: "delayed", delay: 5_000 });
  });

  it.each([
    [{ tasks: ["a"] }, "Task option is only supported for Orquesta workflows."],
    [
      { tasks: ["a"], parameters: { cmd: "b" } },
      "Parameters override is not supported when re-running task(s) for a workflow.",
    ],
    [{ tasks: ["a"], reset: ["b"] }, "List of tasks to reset does not match the tasks to rerun."],
    [{ reset: ["b"] }, "List of tasks to reset does not match the tasks to rerun."],
    [{ user: "bob" }, '"user" attribute can only be provided by admins when RBAC is enabled'],
    [{ colour: "blue" }, /colour/],
  ])("refuses %j", async (body, text) => {
    const { id } = (await api("POST", path, local)).body;
    const answer = await rerun(id, body);
    expect(answer.status).toBe("user" in body ? 403 : 400);
    if (typeof text === "string") expect(answer.body.faultstring).toBe(text);
    else expect(answer.body.faultstring).toMatch(text);
  });

  it("of an unknown execution is a 404", async () => {
    const answer = await rerun("ffffffffffffffffffffffff", {});
    expect(answer).toMatchObject({
      status: 404,
      body: { faultstring: 'Unable to identify resource with id "ffffffffffffffffffffffff".' },
    });
  });

  it("works for an ended execution too", async () => {
    const { id } = (await api("POST", path, local)).body;
    await api("DELETE", `${path}/${id}`);
    expect((await rerun(id, {})).status).toBe(201);
  });
});
