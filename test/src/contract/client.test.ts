import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, api } from "../support/api.ts";
import { asAdmin, askWith, basic, json } from "../support/identity.ts";
import {
  chunks,
  clientWith,
  ended,
  fetchWorker,
  ORIGIN,
  type Running,
  run,
  type TestAgent,
} from "../support/world.ts";

const client = clientWith();
/** The headers that `st2` sends with every request, through python-requests. */
const HEADERS = {
  "user-agent": "python-requests/2.28.1",
  "accept-encoding": "gzip, deflate",
  accept: "*/*",
  connection: "keep-alive",
};
const LIST_ATTRIBUTES = "id%2Caction.ref%2Ccontext.user%2Cstatus%2Cstart_timestamp%2Cend_timestamp";
const GET_ATTRIBUTES =
  "action.ref%2Caction.runner_type%2Cstart_timestamp%2Cend_timestamp%2Clog%2Cid%2Caction.ref%2Ccontext.user%2Cparameters%2Cstatus%2Cstart_timestamp%2Cend_timestamp%2Clog%2Cresult";
const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

/** Two forms of `ST2_API_URL`: the service itself, and the path behind the stock nginx. */
const BASES = ["/v1", "/api/v1"];

let agent: TestAgent;

beforeAll(async () => {
  const first = await run(client);
  agent = first.agent;
  await finish(first);
});

async function st2(method: string, path: string, body?: unknown): Promise<Answer> {
  return api(method, path, body, HEADERS);
}

/** The frames of the stream by which the client prints, until the server closes it. */
async function frames(path: string): Promise<{ event: string; data: string }[]> {
  const response = await fetchWorker(ORIGIN + path, { headers: HEADERS });
  expect(response.status).toBe(200);
  return (await response.text()).split("\n\n").flatMap((frame) => {
    const event = /^event: (.*)$/m.exec(frame)?.[1];
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    return event === undefined || data === undefined ? [] : [{ event, data }];
  });
}

/** Takes a created execution as an agent would, up to the start of its process. */
async function take(id: string): Promise<Running> {
  const { token, execution } = await agent.expect("lease");
  expect(execution.execution_id).toBe(id);
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  await client.start(id, token);
  return { id, token, agent, execution };
}

async function finish({ id, token }: Running, ...lines: string[]): Promise<void> {
  if (lines.length > 0) await client.append(id, token, chunks(1, ...lines));
  await client.end(id, token, ended(lines.length));
}

describe.each(BASES)("the st2 command's requests to %s", (base) => {
  it("work for `run`: it gets the action, the runner and the execution, and polls until the end", async () => {
    const action = await st2("GET", `${base}/actions/core.local`);
    expect(action.body).toMatchObject({ ref: "core.local", pack: "core", name: "local" });
    expect(action.body.parameters.cmd.type).toBe("string");
    const runners = await st2("GET", `${base}/runnertypes/?name=${action.body.runner_type}`);
    expect(runners.body).toHaveLength(1);
    expect(runners.body[0].runner_parameters).toBeTypeOf("object");
    const made = await st2("POST", `${base}/executions`, {
      action: "core.local",
      parameters: { cmd: "date" },
      user: null,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ id: expect.any(String), status: "requested" });
    await finish(await take(made.body.id), "Wed Nov 25 12:00:00 UTC 2026\n");
    const polled = await st2("GET", `${base}/executions/${made.body.id}`);
    expect(polled.body).toMatchObject({
      id: made.body.id,
      status: "succeeded",
      action: { runner_type: "local-shell-cmd" },
    });
  });

  it("work for `run` with environment, delay and a trace", async () => {
    const { status, body } = await st2("POST", `${base}/executions`, {
      action: "core.local",
      parameters: { cmd: "date", timeout: 5, env: { A: "1", B: "2" } },
      user: null,
      delay: 100,
      context: { trace_context: { trace_tag: "tt" } },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ delay: 100, context: { trace_context: { trace_tag: "tt" } } });
    const { execution, ...running } = await take(body.id);
    expect(execution.runner_parameters).toMatchObject({ timeout: 5, env: { A: "1", B: "2" } });
    await finish({ execution, ...running });
  });

  it("work for `execution tail` of a running execution: every line, the completing update, the close", async () => {
    const running = await run(client);
    const { id } = running;
    expect((await st2("GET", `${base}/executions/${id}`)).body.status).toBe("running");
    const children = await st2("GET", `${base}/executions/${id}?include_attributes=id%2Cchildren`);
    expect(children.body).toEqual({ id });
    const key = encodeURIComponent(asAdmin["st2-api-key"]);
    const query = `st2-api-key=${key}&end_event=st2.execution__update&end_execution_id=${id}&events=st2.execution__update%2Cst2.execution.output__create`;
    const reading = frames(`${base.replace("/api", "/stream")}/stream?${query}`);
    await finish(running, "line 1\n", "line 2\n");
    const read = await reading;
    const lines = read.filter(({ event }) => event === "st2.execution.output__create");
    expect(lines.map(({ data }) => JSON.parse(data))).toMatchObject([
      { execution_id: id, data: "line 1\n", output_type: "stdout", timestamp: stamp },
      { execution_id: id, data: "line 2\n" },
    ]);
    const last = read.at(-1);
    expect(last?.event).toBe("st2.execution__update");
    expect(JSON.parse(last?.data ?? "")).toMatchObject({ id, status: "succeeded" });
    for (const { data } of read) expect(() => JSON.parse(data)).not.toThrow();
  });

  it("work for `execution tail` of an ended execution", async () => {
    const running = await run(client);
    await finish(running, "all of it\n");
    const { id } = running;
    expect((await st2("GET", `${base}/executions/${id}`)).body.status).toBe("succeeded");
    expect((await st2("GET", `${base}/executions/${id}/output`)).body).toBe("all of it\n");
    expect((await st2("GET", `${base}/executions/${id}/output?output_type=stdout`)).body).toBe("all of it\n");
    expect((await st2("GET", `${base}/executions/${id}/output?output_type=stderr`)).body).toBe("");
  });

  it("work for `execution tail last`", async () => {
    const running = await run(client);
    await finish(running);
    const { body } = await st2("GET", `${base}/executions/?limit=1`);
    expect(body).toMatchObject([{ id: running.id, status: "succeeded" }]);
  });

  it("work for `execution get`, with attributes named twice, by id and `last`", async () => {
    const running = await run(client);
    await finish(running);
    for (const id of [running.id, "last"]) {
      const { body } = await st2("GET", `${base}/executions/${id}?include_attributes=${GET_ATTRIBUTES}`);
      expect(body).toMatchObject({
        id: running.id,
        status: "succeeded",
        action: { ref: "core.local", runner_type: "local-shell-cmd" },
        context: { user: "admin" },
        parameters: { cmd: "true" },
        start_timestamp: stamp,
        end_timestamp: stamp,
        log: expect.any(Array),
        result: { succeeded: true },
      });
      expect(body).not.toHaveProperty("runner");
    }
    const short = await st2("GET", `${base}/executions/${running.id}?exclude_attributes=result`);
    expect(short.body).not.toHaveProperty("result");
  });

  it("work for `execution list`, with and without filters", async () => {
    const list = (query: string) => st2("GET", `${base}/executions/?${query}`);
    const attributes = `include_attributes=${LIST_ATTRIBUTES}`;
    const first = await list(`limit=50&parent=null&sort_desc=True&${attributes}`);
    expect(first.status).toBe(200);
    for (const row of first.body) {
      expect(row).toMatchObject({ id: expect.any(String), status: expect.any(String) });
      expect(row.action.ref).toBe("core.local");
      expect(row.context.user).toBe("admin");
    }
    const starts = first.body.map((row: { start_timestamp: string }) => row.start_timestamp);
    expect(starts).toEqual(starts.toSorted().toReversed());
    const ascending = await list(`limit=50&sort_asc=True&${attributes}`);
    expect(ascending.body[0].start_timestamp <= ascending.body.at(-1).start_timestamp).toBe(true);
    const filters =
      "action=core.local&status=succeeded&user=admin&timestamp_gt=2020-01-01T00%3A00%3A00Z&trigger_instance=6b04912e0000abcdef000001";
    expect((await list(`limit=50&sort_desc=True&${filters}&${attributes}`)).body).toEqual([]);
  });

  it("work for `execution cancel`, `pause`, `resume` and `re-run`", async () => {
    const running = await run(client);
    const { id } = running;
    expect((await st2("PUT", `${base}/executions/${id}`, { status: "pausing" })).status).toBe(400);
    expect((await st2("PUT", `${base}/executions/${id}`, { status: "resuming" })).status).toBe(400);
    expect((await st2("DELETE", `${base}/executions/${id}`)).body).toMatchObject({ id, status: "canceling" });
    await agent.expect("cancel");
    await finish(running);
    const again = { parameters: { cmd: "uptime" }, tasks: [], reset: [], delay: 0 };
    const { status, body } = await st2("POST", `${base}/executions/${id}/re_run`, again);
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: "requested", parameters: { cmd: "uptime" } });
    await finish(await take(body.id));
  });

  it("work for a workflow's children, `action list`, `action get`, `runner list` and `whoami`", async () => {
    const { body: last } = await st2("GET", `${base}/executions/last`);
    expect((await st2("GET", `${base}/executions/${last.id}/children/?depth=-1`)).body).toEqual([]);
    const actions = await st2("GET", `${base}/actions?include_attributes=ref%2Cpack%2Cdescription&pack=core`);
    expect(actions.body).toContainEqual({
      id: expect.any(String),
      ref: "core.local",
      pack: "core",
      description: "",
    });
    const runners = await st2("GET", `${base}/runnertypes?include_attributes=id%2Cname%2Cdescription`);
    expect(runners.body.length).toBeGreaterThan(5);
    const user = await st2("GET", `${base}/user`);
    expect(user.body).toMatchObject({
      username: "admin",
      authentication: { method: "API key", location: "header" },
      rbac: { enabled: false, roles: expect.any(Array), is_admin: true },
    });
  });

  it("get an error text that the client can print", async () => {
    const { status, body } = await st2("POST", `${base}/executions`, {
      action: "core.nothing",
      parameters: {},
    });
    expect(status).toBe(400);
    expect(body.faultstring).toBe('Action "core.nothing" cannot be found.');
    const unknown = await st2("GET", `${base}/actions/core.nothing`);
    expect(unknown.status).toBe(404);
    expect(unknown.body.faultstring).not.toBe("");
  });
});

describe("the st2 command's sign-in", () => {
  it.each(["/tokens", "/v1/tokens", "/auth/tokens", "/auth/v1/tokens"])("works at %s", async (path) => {
    const ask = askWith();
    const account = { name: `user-of${path.replaceAll("/", "-")}`, password: "correct horse battery" };
    await json(await ask("/v1/users", { method: "POST", headers: asAdmin, body: account }), 201);
    const headers = { ...HEADERS, ...basic(account.name, account.password) };
    for (const body of [{}, { ttl: 60 }]) {
      const made = await json<Record<string, string>>(
        await ask(path, { method: "POST", headers, body }),
        201,
      );
      expect(made).toMatchObject({ user: account.name, token: expect.any(String), expiry: stamp });
      const whoami = await ask("/v1/user", { headers: { ...HEADERS, "x-auth-token": made.token ?? "" } });
      expect(await json(whoami)).toMatchObject({ username: account.name });
    }
  });
});

describe("st2web's requests", () => {
  it("work for a page of the list, with empty values", async () => {
    const query =
      "limit=50&parent=null&exclude_attributes=result%2Ctrigger_instance&status=&action=&trigger_type=&rule=&offset=0";
    const { status, body, headers } = await api("GET", `/api/v1/executions?${query}`);
    expect(status).toBe(200);
    expect(headers.get("x-limit")).toBe("50");
    expect(body.length).toBe(Math.min(50, Number(headers.get("x-total-count"))));
    for (const row of body) expect(row).not.toHaveProperty("result");
  });

  it("work for one execution, with its result up to a size", async () => {
    const running = await run(client);
    await finish(running);
    const small = await api("GET", `/api/v1/executions/${running.id}?max_result_size=200000`);
    expect(small.body.result).toMatchObject({ succeeded: true });
    expect((await api("GET", `/api/v1/executions/${running.id}?max_result_size=5`)).body).not.toHaveProperty(
      "result",
    );
  });

  it("work for the output: events that an EventSource reads, closed by EOF, or the text", async () => {
    const running = await run(client);
    await finish(running, "a line\n");
    const key = encodeURIComponent(asAdmin["st2-api-key"]);
    const read = await frames(`/stream/v1/executions/${running.id}/output?st2-api-key=${key}`);
    expect(read.map(({ event }) => event)).toEqual(["st2.execution.output__create", "EOF"]);
    expect(read.at(-1)?.data).toBe("''");
    expect((await api("GET", `/api/v1/executions/${running.id}/output`)).body).toBe("a line\n");
  });
});
