import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect } from "vitest";
import type { Execution } from "../../../protocol/model/execution.ts";
import { chainOf, PACK, registerChains, type TakenTask, take } from "./chains.ts";
import { eventually } from "./eventually.ts";
import { clientWith, fetchWorker, ORIGIN, TestAgent } from "./world.ts";

export const client = clientWith();
export const headers = { "st2-api-key": env.TAILRACE_API_KEY };

/** The agent that takes the tasks of chains. */
export let agent: TestAgent;

/** Gives each test of a file a new agent. */
export function connectAgents(): void {
  beforeEach(async () => {
    agent = await TestAgent.connect("default");
    agent.hello({ slots: 50, runners: ["local-shell-cmd", "remote-shell-cmd", "python-script"] });
    await agent.expect("welcome");
  });
  afterEach(() => agent.close());
}

/** A task that runs a command. */
export const shell = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  ref: `${PACK}.shell`,
  ...more,
});

/** Chains in chains: the path to the deepest task is `inner/deep`. */
export const TREE = [
  chainOf("outer", {
    chain: [
      shell("before", { "on-success": "inner" }),
      { name: "inner", display_name: "the inner one", ref: "chains.inner", "on-success": "after" },
      shell("after"),
    ],
  }),
  chainOf("inner", { chain: [shell("deep", { "on-success": "deeper" }), shell("deeper")] }),
];

/** Starts a chain. Returns its id. */
export async function start(name: string, parameters: Record<string, unknown> = {}): Promise<string> {
  return (await client.create({ action: `${PACK}.${name}`, parameters })).id;
}

/** Starts the tree, and runs it up to its deepest task, which runs now. */
export async function toDeep(): Promise<{ id: string; inner: string; deep: TakenTask }> {
  await registerChains(client, ...TREE);
  const id = await start("outer");
  await (await take(client, agent)).end();
  const deep = await take(client, agent);
  return { id, deep, inner: (await client.get(deep.id)).parent ?? "" };
}

/** Cancels a chain while one of its tasks runs. The task ends as it is told. */
export async function cancelDuring(id: string, task: TakenTask, last_seq = 0): Promise<void> {
  await client.cancel(id);
  await agent.expect("cancel");
  await task.end({ status: "canceled", last_seq });
  await reach(id, "canceled");
}

/** The document of the execution once it has this status. */
export function reach(id: string, status: Execution["status"]): Promise<Execution> {
  return eventually(async () => {
    const execution = await client.get(id);
    expect(execution.status).toBe(status);
    return execution;
  });
}

/** Requests a status, as StackStorm's clients pause and resume. */
export async function put(
  id: string,
  status: string,
): Promise<{ status: number; body: { faultstring?: string } }> {
  const response = await fetchWorker(`${ORIGIN}/v1/executions/${id}`, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  return { status: response.status, body: await response.json() };
}

/** Evicts an execution's object. Hibernation keeps its followers' sockets. */
export async function evict(id: string): Promise<void> {
  const object = env.EXECUTION.getByName(id);
  // Only a running object can be evicted.
  await object.summary();
  await evictDurableObject(object, { webSockets: "hibernate" });
}

/** An execution's output so far. */
export async function textOf(id: string): Promise<string> {
  return (await client.output(id, { follow: "false" })).text();
}
