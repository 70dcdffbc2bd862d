import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { agent, client, connectAgents, reach, start } from "./support/chain-runs.ts";
import { chainOf, PACK, registerChains, type TakenTask, take } from "./support/chains.ts";
import { asAdmin, askWith, json, userWith } from "./support/identity.ts";

connectAgents();

const ask = askWith({ RBAC_ENABLED: true });
const KEY = "k3y-of-the-table";
/** A secret that is written differently where a template's marks must not be read again. */
const ODD = 'odd "{{ s3cret }}"';
const PARAMETER = "p4rameter-of-the-chain";
const RESULT = "r3sult-of-a-task";
const SECRETS = [KEY, ODD, PARAMETER, RESULT];
/** Longer than the part of a value that an error repeats. */
const LONG = "0123456789".repeat(30);

beforeAll(async () => {
  await client.setKey("chain.key", { value: KEY, secret: true });
  await client.setKey("chain.odd", { value: ODD, secret: true });
  await client.setKey("chain.long", { value: LONG, secret: true });
  await registerChains(
    client,
    chainOf(
      "reveal",
      {
        chain: [
          { name: "login", ref: `${PACK}.login`, "on-success": "show" },
          {
            name: "show",
            ref: `${PACK}.shell`,
            parameters: {
              cmd: "echo {{ st2kv.system.chain.key | decrypt_kv }} {{ token }} {{ login.result.token }}",
              object: { deep: ["{{ st2kv.system.chain.odd | decrypt_kv }}", "open"] },
            },
          },
        ],
      },
      { parameters: { token: { type: "string", secret: true } } },
    ),
    chainOf("within", {
      chain: [
        {
          name: "in",
          ref: `${PACK}.pass`,
          parameters: { text: "{{ st2kv.system.chain.key | decrypt_kv }}" },
        },
      ],
    }),
    chainOf(
      "pass",
      { chain: [{ name: "deep", ref: `${PACK}.shell`, parameters: { cmd: "echo {{ text }}" } }] },
      { parameters: { text: { type: "string" } } },
    ),
    chainOf(
      "choosy",
      { chain: [{ name: "never", ref: `${PACK}.shell`, parameters: { cmd: "true" } }] },
      { parameters: { name: { type: "string", pattern: "^[a-z]+$" } } },
    ),
  );
});

it("a chain's parameter that does not fit is masked in the error, also if the error shortens it", async () => {
  const id = await start("choosy", { name: "{{ st2kv.system.chain.long | decrypt_kv }}" });
  const { result } = await reach(id, "failed");
  expect(JSON.stringify(result)).toContain("********");
  expect(JSON.stringify(result)).not.toContain(LONG.slice(0, 20));
});

it.each([
  "{{ st2kv.system.chain.key | decrypt_kv | version_bump_major }}",
  "{{ ({}).pop(st2kv.system.chain.key | decrypt_kv) }}",
])("a secret is masked in the error of a template that fails with it: %s", async (name) => {
  const { result } = await reach(await start("choosy", { name }), "failed");
  expect(JSON.stringify(result)).toContain("********");
  expect(held(result)).toEqual([]);
});

/** Starts the chain, and runs it up to the task that is given secrets of every kind. */
async function startShow(): Promise<{ id: string; show: TakenTask }> {
  const id = await start("reveal", { token: PARAMETER });
  const login = await take(client, agent);
  await login.end({ result: { result: { token: RESULT }, exit_code: 0, stdout: "", stderr: "" } });
  return { id, show: await take(client, agent) };
}

const held = (value: unknown) =>
  SECRETS.filter((secret) => JSON.stringify(value).includes(JSON.stringify(secret).slice(1, -1)));

describe("a secret that a chain passes to a task", () => {
  it("reaches the task, and is masked in the documents, lists and results of the task and the chain", async () => {
    const { id, show } = await startShow();
    expect(show.parameters.cmd).toBe(`echo ${KEY} ${PARAMETER} ${RESULT}`);
    const shown = await client.get(show.id);
    expect(shown.parameters).toEqual({
      cmd: "echo ******** ******** ********",
      object: { deep: [expect.stringContaining("********"), "open"] },
    });
    const [listed] = await json<Execution[]>(
      await ask(`/api/v1/executions?id=${show.id}`, { headers: asAdmin }),
    );
    await show.end({
      result: {
        failed: false,
        succeeded: true,
        return_code: 0,
        stdout: `${KEY} ${ODD} ${PARAMETER}`,
        stderr: RESULT,
      },
    });
    await reach(id, "succeeded");
    for (const document of [
      shown,
      listed,
      await client.get(show.id),
      await client.get(id),
      ...(await client.children(id)),
    ])
      expect(held(document)).toEqual([]);
    const open = await ask(`/api/v1/executions/${show.id}?show_secrets=true`, { headers: asAdmin });
    expect(held(await json(open))).toEqual(SECRETS);
  });

  it("is masked in a chain within a chain too", async () => {
    const id = await start("within");
    const deep = await take(client, agent);
    expect(deep.parameters.cmd).toBe(`echo ${KEY}`);
    await deep.end({ result: { failed: false, succeeded: true, return_code: 0, stdout: KEY, stderr: "" } });
    await reach(id, "succeeded");
    for (const document of await client.children(id)) expect(held(document)).toEqual([]);
    expect(held(await client.get(id))).toEqual([]);
  });

  it("is sent to the agent as a secret, so that it masks the output", async () => {
    const id = await start("within");
    const { execution, token } = await agent.expect("lease");
    expect(execution.secrets).toEqual([KEY]);
    agent.say({ type: "accepted", execution_id: execution.execution_id, epoch: execution.epoch });
    await client.start(execution.execution_id, token);
    await client.cancel(id);
  });

  it("is not run again by another user, and stays secret when its own user runs it again", async () => {
    const { show } = await startShow();
    const { headers } = await userWith(ask, [{ permission_types: ["action_execute"] }]);
    const path = `/api/v1/executions/${show.id}/re_run`;
    expect(await json(await ask(path, { method: "POST", headers, body: {} }), 400)).toMatchObject({
      faultstring:
        "Another user gave the secret parameters of this execution: cmd, object must be given again.",
    });
    const own = { cmd: "true", object: { a: 1 } };
    expect(
      await json(await ask(path, { method: "POST", headers, body: { parameters: own } }), 201),
    ).toMatchObject({
      parameters: own,
    });
    const again = await client.reRun(show.id);
    expect(held(again)).toEqual([]);
    expect(held(await client.get(again.id))).toEqual([]);
    await show.end();
  });
});
