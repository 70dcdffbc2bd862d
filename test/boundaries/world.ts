import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { PING_MS } from "../../protocol/base/limits.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import type { LeaseClaims } from "../../src/crypto/lease.ts";
import { eventually } from "../src/support/eventually.ts";
import { asAdmin, askWith } from "../src/support/identity.ts";
import { action, agentIn, newPool } from "../src/support/pools.ts";
import { clientWith, holderOf, type TestAgent } from "../src/support/world.ts";

/** The Worker under test, with roles and the tokens of runs switched on. */
export const ask = askWith({ RBAC_ENABLED: true, ACTION_AUTH_TOKEN: true });
export const client = clientWith();

/** The text that the runs of a pool print and get. Only viewers of its executions may see it. */
export function textOf(pool: string): string {
  return `a text of the pool ${pool}`;
}

const PACKS = ["vault", "elsewhere"];
const REF = "vault.open";

/** An execution that an agent has begun, with its lease. */
export interface Work {
  id: string;
  token: string;
  claims: LeaseClaims;
}

/** Three pools that offer the same packs, with their agents. */
export interface World {
  /** The pool that the requests are about, and two others. */
  own: string;
  other: string;
  third: string;
  /** The agent that gets the pool's work, and another of the same pool. */
  holder: TestAgent;
  bystander: TestAgent;
  foreigner: TestAgent;
  close: () => void;
}

export async function makeWorld(): Promise<World> {
  const [own, other, third] = [newPool(), newPool(), newPool()];
  for (const pool of [own, other, third]) await offer(pool);
  // Work goes to the agent with more free slots.
  const holder = await agentIn(own, PACKS, { slots: 200, name: "holder" });
  const bystander = await agentIn(own, PACKS, { slots: 1, name: "bystander" });
  const foreigner = await agentIn(other, PACKS, { slots: 200, name: "foreigner" });
  const pings = setInterval(() => {
    for (const agent of [holder, bystander, foreigner]) agent.ping();
  }, PING_MS);
  const close = () => {
    clearInterval(pings);
    for (const agent of [holder, bystander, foreigner]) agent.close();
  };
  return { own, other, third, holder, bystander, foreigner, close };
}

/** Registers the actions of a pool of these tests. */
async function offer(pool: string): Promise<void> {
  const parameters = { cmd: { type: "string" }, token: { type: "string", secret: true } };
  await client.register({
    pool,
    packs: PACKS.map((ref) => ({ ref, name: ref })),
    actions: [
      action(REF, { parameters }),
      action("vault.other", { parameters }),
      action("elsewhere.run", { parameters }),
    ],
  });
}

/** Creates an execution in the pool. It waits for an agent or for its delay. */
export async function created(pool: string, over: Partial<CreateExecution> = {}): Promise<string> {
  const parameters = { cmd: textOf(pool), token: "t0k3n" };
  return (await client.create({ action: REF, pool, parameters, ...over })).id;
}

/** An execution that an agent has begun. */
export async function begun(agent: TestAgent, over: Partial<CreateExecution> = {}): Promise<Work> {
  const id = await created(agent.identity.pool, over);
  const { token, execution } = await agent.expect("lease");
  expect(execution.execution_id).toBe(id);
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  await client.start(id, token);
  return { id, token, claims: holderOf(token) };
}

/** Resolves once the index knows that executions run, which is a second after their start. */
export async function listed(...works: Work[]): Promise<void> {
  const ids = works.map(({ id }) => id).sort();
  await eventually(async () => {
    const running = await client.list({ status: "running" });
    expect(
      running
        .map(({ id }) => id)
        .filter((id) => ids.includes(id))
        .sort(),
    ).toEqual(ids);
  });
}

/** Asks as the deployment's administrator, and expects success. */
export async function admin<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = asAdmin,
): Promise<T> {
  const answer = await ask(path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Whether all cases run, or a tenth. */
export const IS_LONG = String((env as { TEST_LONG?: unknown }).TEST_LONG) === "true";
