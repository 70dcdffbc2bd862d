import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { PING_MS } from "../../protocol/base/limits.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import type { LeaseClaims } from "../../src/crypto/lease.ts";
import { asAdmin, askWith } from "../src/support/identity.ts";
import { action, agentIn, newPool } from "../src/support/pools.ts";
import { clientWith, holderOf, type TestAgent } from "../src/support/world.ts";

/** The Worker under test, where roles count. */
export const ask = askWith({ RBAC_ENABLED: true });
export const client = clientWith();

/** What is printed and given in a pool: for those who may view its executions. */
export function textOf(pool: string): string {
  return `a text of the pool ${pool}`;
}

const PACKS = ["vault", "elsewhere"];
const REF = "vault.open";

/** An execution that its agent has begun, as its lease is known. */
export interface Work {
  id: string;
  token: string;
  claims: LeaseClaims;
}

/** Three pools that offer the same packs, with their agents. */
export interface World {
  /** The pool that everything which is asked for is of, and two others. */
  own: string;
  other: string;
  third: string;
  /** The agent of the pool that gets its work, and one that stands by. */
  holder: TestAgent;
  bystander: TestAgent;
  foreigner: TestAgent;
  close: () => void;
}

export async function makeWorld(): Promise<World> {
  const [own, other, third] = [newPool(), newPool(), newPool()];
  for (const pool of [own, other, third]) await offer(pool);
  // The one with more free slots gets what there is to do.
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

/** Registers what the pools of these tests offer. */
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

/** An execution of the pool that waits for an agent or for its time. */
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

/** Asks as the administrator of the deployment, and expects to be answered well. */
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

/** Whether all is tried, or a tenth. */
export const IS_LONG = String((env as { TEST_LONG?: unknown }).TEST_LONG) === "true";
