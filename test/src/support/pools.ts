import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { onTestFinished } from "vitest";
import { newId } from "../../../protocol/base/id.ts";
import type { Client } from "../../../protocol/client/client.ts";
import type { RegisterActions } from "../../../protocol/model/action.ts";
import { announcedPacks, ended, TestAgent } from "./world.ts";

/** A new pool. */
export function newPool(): string {
  return `pool-${newId()}`;
}

/** An action of a pack, as a pool's agents register it. */
export function action(ref: string, over: Partial<RegisterActions["actions"][number]> = {}) {
  const [pack = "", name = ""] = ref.split(".");
  return { pack, name, runner_type: "local-shell-cmd" as const, parameters: {}, ...over };
}

/** An agent of a pool, with these packs and other fields of its hello. */
export async function agentIn(
  pool: string,
  packs: string[],
  over: Record<string, unknown> = {},
): Promise<TestAgent> {
  const agent = await TestAgent.connect(pool);
  agent.hello({ packs: announcedPacks(...packs), ...over });
  await agent.expect("welcome");
  return agent;
}

/** Takes the next lease as an agent would, up to the start of its process. Returns the execution's id and a function to end it. */
export async function takeLease(client: Client, agent: TestAgent) {
  const { token, execution } = await agent.expect("lease");
  const { execution_id: id, epoch } = execution;
  agent.say({ type: "accepted", execution_id: id, epoch });
  await client.start(id, token);
  return { id, end: () => client.end(id, token, ended(0)) };
}

type LimitNames =
  | "LEASE_GRACE_SECONDS"
  | "POOL_RUNNING_MAX"
  | "POOL_WAITING_MAX"
  | "USER_RUNNING_MAX"
  | "USER_WAITING_MAX";

/** Sets limits until the test is over. The pools' objects share one copy of the settings, separate from the Worker's. */
export async function limit(limits: Partial<Record<LimitNames, number>>): Promise<void> {
  const set = (values: Partial<Record<LimitNames, unknown>>) =>
    runInDurableObject(env.RUNNER_POOL.getByName("default"), (object) => {
      Object.assign((object as unknown as { env: Env }).env, values);
    });
  const before = Object.fromEntries(Object.keys(limits).map((name) => [name, env[name as LimitNames]]));
  await set(limits);
  onTestFinished(() => set(before));
}
