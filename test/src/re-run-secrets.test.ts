import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { asAdmin, askWith, json, userWith } from "./support/identity.ts";
import { clientWith } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();
type Headers = Record<string, string>;

const RUN = [{ permission_types: ["action_execute", "execution_list"] }];
/** Two users who may run the same actions. The secrets of one do not belong to the other. */
let ann: Headers;
let bob: Headers;

beforeAll(async () => {
  const shell = { pack: "re", runner_type: "local-shell-cmd" as const };
  await client.register({
    actions: [
      {
        ...shell,
        name: "login",
        parameters: {
          cmd: { type: "string", default: "true" },
          token: { type: "string", secret: true },
          pin: { type: "string", secret: true, default: "default-pin" },
          account: {
            type: "object",
            properties: { name: { type: "string" }, password: { type: "string", secret: true } },
          },
          codes: { type: "array", items: { type: "string", secret: true } },
        },
      },
      { ...shell, name: "sudo", runner_type: "remote-shell-cmd" },
      {
        pack: "re",
        name: "chain",
        runner_type: "action-chain",
        entry_point: "chains/chain.yaml",
        parameters: { token: { type: "string", secret: true }, other: { type: "string" } },
        chain: { chain: [{ name: "one", ref: "re.login", parameters: { token: "{{ token }}" } }] },
      },
    ],
  });
  ann = (await userWith(ask, RUN)).headers;
  bob = (await userWith(ask, RUN)).headers;
});

const start = async (headers: Headers, action: string, parameters: Record<string, unknown>, more = {}) =>
  (
    await json<Execution>(
      await ask("/api/v1/executions", { method: "POST", headers, body: { action, parameters, ...more } }),
      201,
    )
  ).id;

const again = (headers: Headers, id: string, parameters?: Record<string, unknown>, query = "") =>
  ask(`/api/v1/executions/${id}/re_run${query}`, {
    method: "POST",
    headers,
    body: parameters ? { parameters } : {},
  });

/** The clear parameters of the new execution. */
async function given(response: Response): Promise<Record<string, unknown>> {
  const { id } = await json<Execution>(response, 201);
  const path = `/api/v1/executions/${id}?show_secrets=true`;
  return (await json<Execution>(await ask(path, { headers: asAdmin }))).parameters;
}

const SECRET = "s3cret-of-ann";
const SHAPES: [string, string, Record<string, unknown>, string][] = [
  ["a secret", "re.login", { cmd: "deploy", token: SECRET }, "token"],
  ["an empty one", "re.login", { token: "" }, "token"],
  ["one in the place of a default", "re.login", { pin: SECRET }, "pin"],
  ["one in an object", "re.login", { account: { name: "ann", password: SECRET } }, "account"],
  ["one in a list", "re.login", { codes: [SECRET] }, "codes"],
  ["a template of one", "re.login", { token: "{{ st2kv.user.token | decrypt_kv }}" }, "token"],
  [
    "a runner's",
    "re.sudo",
    { cmd: "true", hosts: "a", password: SECRET, private_key: SECRET },
    "password, private_key",
  ],
  ["a chain's", "re.chain", { token: SECRET, other: "x" }, "token"],
];

describe.each(SHAPES)("an execution with %s that another user gave", (_, action, parameters, names) => {
  const REFUSED = {
    code: "invalid",
    faultstring: `Another user gave the secret parameters of this execution: ${names} must be given again.`,
    request_id: expect.any(String),
  };
  const secret = names.split(", ");
  const changed = action === "re.chain" ? { other: "y" } : { cmd: `echo {{ ${secret[0]} }}` };

  it("is not run again with that secret, with or without changes", async () => {
    const id = await start(ann, action, parameters);
    for (const over of [undefined, {}, changed]) {
      const refused = await json<object>(await again(bob, id, over), 400);
      expect(refused).toEqual(REFUSED);
      expect(JSON.stringify(refused)).not.toContain(SECRET);
    }
  });

  it("is run again with another secret in its place", async () => {
    const id = await start(ann, action, parameters);
    const own = Object.fromEntries(secret.map((name) => [name, valueLike(parameters[name])]));
    const run = await given(await again(bob, id, own));
    expect(run).toEqual({ ...parameters, ...own });
    const none = await given(await again(bob, id, Object.fromEntries(secret.map((name) => [name, null]))));
    expect(JSON.stringify(none)).not.toContain(SECRET);
    if (action !== "re.sudo")
      expect(await given(await again(bob, id, changed, "?no_merge=true"))).toEqual(changed);
  });

  it("is run again unchanged and with changes by its user and by an administrator", async () => {
    const id = await start(ann, action, parameters);
    const admin = (await userWith(ask, [], "admin")).headers;
    for (const headers of [ann, admin]) {
      expect(await given(await again(headers, id))).toEqual(parameters);
      expect(await given(await again(headers, id, changed))).toEqual({ ...parameters, ...changed });
    }
  });
});

/** A value of the same kind, from another user. */
function valueLike(value: unknown): unknown {
  if (Array.isArray(value)) return ["of-bob"];
  return typeof value === "object" ? { name: "bob", password: "of-bob" } : "of-bob";
}

it("an execution without a secret can be run again by every user who may run its action", async () => {
  const id = await start(ann, "re.login", { cmd: "true", account: { name: "ann" } });
  expect(await given(await again(bob, id, { cmd: "false" }))).toEqual({
    cmd: "false",
    account: { name: "ann" },
  });
});

it("a secret that an administrator gave in a user's name does not belong to that user", async () => {
  const { headers, user } = await userWith(ask, RUN);
  const id = await start(asAdmin, "re.login", { token: SECRET }, { user });
  expect((await again(headers, id)).status).toBe(400);
  expect((await again(headers, id, { cmd: "echo {{ token }}" })).status).toBe(400);
});

it("a secret of a re-run belongs to the user who gave it there", async () => {
  const id = await start(ann, "re.login", { token: SECRET });
  const { id: second } = await json<Execution>(await again(bob, id, { token: "of-bob" }), 201);
  expect((await again(ann, second)).status).toBe(400);
  expect(await given(await again(bob, second, { cmd: "x" }))).toEqual({ token: "of-bob", cmd: "x" });
});
