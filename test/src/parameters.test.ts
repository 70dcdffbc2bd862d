import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Parameters } from "../../protocol/model/action.ts";
import { clientWith, fetchWorker, ORIGIN, TestAgent } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

const PARAMETERS: Parameters = {
  cmd: { type: "string", default: "true" },
  count: { type: "integer" },
  ratio: { type: "number" },
  loud: { type: "boolean" },
  names: { type: "array" },
  colour: { type: "string", enum: ["red", "green"] },
  account: {
    type: "object",
    properties: { user: { type: "string" }, password: { type: "string", secret: true } },
    additionalProperties: { type: "object", properties: { pin: { secret: true } } },
  },
  tokens: { type: "array", items: { type: "object", properties: { value: { secret: true } } } },
  keyed: { type: "string", secret: true, default: "a plain default" },
  templated: { type: "string", secret: true, default: "{{ st2kv.system.token | decrypt_kv }}" },
};

beforeAll(async () => {
  const action = { pack: "typed", entry_point: "", runner_type: "local-shell-cmd" as const };
  await client.register({
    actions: [
      { ...action, name: "all", parameters: PARAMETERS },
      {
        ...action,
        name: "told",
        parameters: PARAMETERS,
        output_schema: { type: "object", properties: { token: { type: "string", secret: true } } },
      },
      { ...action, name: "briefly", output_schema: { token: { type: "string", secret: true } } },
      { ...action, name: "oddly", output_schema: { constructor: { type: "string", secret: true } } },
    ],
  });
});

async function create(parameters: Record<string, unknown>, query = ""): Promise<Response> {
  const body = JSON.stringify({ action: "typed.all", parameters });
  return fetchWorker(`${ORIGIN}/v1/executions${query}`, { method: "POST", headers, body });
}

describe("parameters", () => {
  it("are cast to their types, as StackStorm casts them", async () => {
    const given = { count: "7", ratio: "0.5", loud: "True", names: "['a', 'b']", account: '{"user": "ann"}' };
    const { parameters } = await (await create(given)).json<{ parameters: object }>();
    expect(parameters).toEqual({
      count: 7,
      ratio: 0.5,
      loud: true,
      names: ["a", "b"],
      account: { user: "ann" },
    });
  });

  it.each([
    [{ count: "seven" }, `Parameter "count": 'seven' is not of type 'integer'`],
    [{ loud: 3 }, `Parameter "loud": 3 is not of type 'boolean'`],
    [{ colour: "blue" }, `Parameter "colour": 'blue' is not one of ["red","green"]`],
    [{ account: { user: 3 } }, /^Parameter "account": /],
    [{ keyed: 12345678 }, 'Value "********" must either be a string or None. Got "int".'],
    [{ cmd: "{{ ABSENT }}" }, 'Dependency unsatisfied in variable "ABSENT"'],
    [{ cmd: "{{ count + ABSENT }} {{ NOTHING | upper }}" }, 'Dependency unsatisfied in variable "ABSENT"'],
  ])("that do not fit are refused: %j", async (given, text) => {
    const response = await create(given);
    expect(response.status).toBe(400);
    const { faultstring } = await response.json<{ faultstring: string }>();
    if (typeof text === "string") expect(faultstring).toBe(text);
    else expect(faultstring).toMatch(text);
  });

  it.each([
    "{{ count }}",
    "{{ action_context.user }}",
    "{% for name in names %}{{ name }}{% endfor %}",
    null,
  ])("may be %j", async (cmd) => {
    expect((await create({ cmd })).status).toBe(201);
  });
});

describe("secrets in documents", () => {
  const given = {
    account: { user: "ann", password: "pw-in-an-object", extra: { pin: "pin-in-another", other: 1 } },
    tokens: [{ value: "token-in-a-list", kind: "x" }],
    keyed: "value-of-its-own",
  };
  const masked = {
    account: { user: "ann", password: "********", extra: { pin: "********", other: 1 } },
    tokens: [{ value: "********", kind: "x" }],
    keyed: "********",
  };

  it("are masked at any depth, everywhere", async () => {
    const created = await (await create(given)).json<{ id: string; parameters: object }>();
    expect(created.parameters).toEqual(masked);
    const read = await client.get(created.id);
    expect(read.parameters).toEqual(masked);
    expect(read.liveaction.parameters).toEqual(masked);
    const row = (await client.list()).find(({ id }) => id === created.id);
    expect(row?.parameters).toEqual(masked);
  });

  it("are shown to an administrator who asks for them", async () => {
    const created = await (await create(given, "?show_secrets=true")).json<{
      id: string;
      parameters: object;
    }>();
    expect(created.parameters).toEqual(given);
    const get = (query: string) =>
      fetchWorker(`${ORIGIN}/v1/executions/${created.id}${query}`, { headers }).then((response) =>
        response.json<{ parameters: object }>(),
      );
    expect((await get("?show_secrets=true")).parameters).toEqual(given);
    expect((await get("?show_secrets=false")).parameters).toEqual(masked);
  });

  it("are no defaults in an action's metadata, unless they are templates", async () => {
    const action = await fetchWorker(`${ORIGIN}/v1/actions/typed.all`, { headers }).then((response) =>
      response.json<{ parameters: Parameters }>(),
    );
    expect(action.parameters.keyed).toEqual({ type: "string", secret: true });
    expect(action.parameters.templated).toEqual(PARAMETERS.templated);
    const execution = await (await create({})).text();
    expect(execution).not.toContain("a plain default");
  });

  it.each([
    ["typed.told", "token"],
    ["typed.briefly", "token"],
    ["typed.oddly", "constructor"],
  ])("are masked in the part of a result that the schema of %s marks as secret", async (action, secret) => {
    const agent = await TestAgent.connect("default");
    agent.hello({ slots: 50 });
    await agent.expect("welcome");
    const { id } = await client.create({ action });
    let lease = await agent.expect("lease");
    // Executions that earlier tests of this file left waiting come first.
    while (lease.execution.execution_id !== id) lease = await agent.expect("lease");
    const { token } = lease;
    await client.end(id, token, {
      last_seq: 0,
      status: "succeeded",
      exit_code: 0,
      result: { stdout: { [secret]: "told-in-the-result", name: "ann" }, stderr: "" },
    });
    expect((await client.get(id)).result).toEqual({
      stdout: { [secret]: "********", name: "ann" },
      stderr: "",
    });
    agent.close();
  });
});
