import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { eventually } from "../src/support/eventually.ts";
import { type Granted, json, userWith } from "../src/support/identity.ts";
import { action, agentIn, newPool, takeLease } from "../src/support/pools.ts";
import { ask, client } from "./world.ts";

const [here, there] = [newPool(), newPool()];

beforeAll(async () => {
  const task = { name: "only", ref: "flow.step", pool: there };
  await client.register({
    pool: here,
    actions: [
      action("flow.step"),
      action("flow.stay", {
        runner_type: "action-chain",
        chain: { chain: [{ name: "only", ref: "flow.step" }] },
      }),
      action("flow.cross", { runner_type: "action-chain", chain: { chain: [task] } }),
    ],
  });
  await client.register({ pool: there, actions: [action("flow.step")] });
});

const execute = (pool?: string): Granted => ({
  permission_types: ["action_execute"],
  resource_uid: "pack:flow",
  ...(pool === undefined ? {} : { pool }),
});

async function start(name: string, ...grants: Granted[]): Promise<string> {
  const { headers } = await userWith(ask, grants);
  const body = { action: `flow.${name}`, pool: here };
  const made = await ask("/api/v1/executions", { method: "POST", headers, body });
  return (await json<Execution>(made, 201)).id;
}

describe("a chain of a user whose grant names a pool", () => {
  it("runs tasks in that pool", async () => {
    const agent = await agentIn(here, ["flow"]);
    const id = await start("stay", execute(here));
    await (await takeLease(client, agent)).end();
    await eventually(async () => expect((await client.get(id)).status).toBe("succeeded"));
    agent.close();
  });

  it("runs no task of the same action in another pool", async () => {
    const agent = await agentIn(there, ["flow"]);
    const id = await start("cross", execute(here));
    await eventually(async () => expect((await client.get(id)).status).toBe("failed"));
    const { result } = await client.get(id);
    expect(JSON.stringify(result)).toContain("doesn't have required permission");
    expect(JSON.stringify(result)).toContain("action_execute");
    expect(await client.list({ action: "flow.step", pool: there })).toEqual([]);
    // A grant in the other pool permits it.
    const second = await start("cross", execute(here), execute(there));
    await (await takeLease(client, agent)).end();
    await eventually(async () => expect((await client.get(second)).status).toBe("succeeded"));
    agent.close();
  });
});
