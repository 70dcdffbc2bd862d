import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Drained, KnownAgent } from "../../../protocol/wire/agent-state.ts";
import { withdraw } from "../../auth/revoke.ts";
import { audit } from "../../http/audited.ts";
import type { AppEnv } from "../../http/context.ts";
import { pageHeaders, queryPage } from "../../http/query.ts";
import { listAgents, readAgent, revokeAgent } from "../../index/agents.ts";
import { poolStub } from "../../objects/pool.ts";
import { agentCredential } from "../../rights/credentials.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** The registered agents, for administrators. */
export const agents = new Hono<AppEnv>()
  .use(async (c, next) => {
    demandAdmin(c.get("principal"));
    await next();
  })
  .get("/", async (c) => {
    const page = queryPage(c);
    const pool = c.req.query("pool") || undefined;
    const { agents, total } = await listAgents(c.env.INDEX, { pool, ...page });
    pageHeaders(c, page, total);
    return c.json(await withStates(c.env, agents));
  })
  .get("/:id", async (c) => {
    const [agent] = await withStates(c.env, [await namedAgent(c)]);
    return c.json(agent);
  })
  .put("/:id/drain", async (c) => {
    const agent = await namedAgent(c);
    demandKnown(agent);
    await audit(c, "agent.drain", `agent:${agent.id}`, { pool: agent.pool });
    await poolStub(c.env, agent.pool).drain(agent.id, c.get("principal").user);
    return c.json((await withStates(c.env, [agent]))[0]);
  })
  .delete("/:id/drain", async (c) => {
    const agent = await namedAgent(c);
    demandKnown(agent);
    await audit(c, "agent.resume", `agent:${agent.id}`, { pool: agent.pool });
    await poolStub(c.env, agent.pool).resume(agent.id);
    return c.json((await withStates(c.env, [agent]))[0]);
  })
  .delete("/:id", async (c) => {
    const agent = await namedAgent(c);
    await audit(c, "agent.revoke", `agent:${agent.id}`, { pool: agent.pool });
    await revoke(c.env, agent);
    return c.body(null, 204);
  });

/** Throws unless the agent still has its identity. */
function demandKnown({ id, revoked_at }: KnownAgent): void {
  if (revoked_at !== undefined) throw new TailraceError("agent_not_found", `The agent ${id} is revoked.`);
}

/** Revokes an agent: its secret becomes void, and its executions end. Safe to repeat. */
async function revoke(env: Env, agent: KnownAgent): Promise<void> {
  await withdraw(env, [agentCredential(agent.id)], () => revokeAgent(env.INDEX, agent.id).then(() => []));
  await dismiss(env, [agent]);
}

/** Tells the pools of revoked agents to remove them and to end their executions. */
export async function dismiss(env: Env, agents: KnownAgent[]): Promise<void> {
  for (const { id, pool } of agents) await poolStub(env, pool).dismiss(id);
}

async function namedAgent(c: Context<AppEnv>): Promise<KnownAgent> {
  const id = c.req.param("id") ?? "";
  const agent = await readAgent(c.env.INDEX, id);
  if (!agent) throw new TailraceError("agent_not_found", `There is no agent with id=${id}.`);
  return agent;
}

/** The agents. Connected ones have the state that their pools report. */
async function withStates(env: Env, agents: KnownAgent[]): Promise<KnownAgent[]> {
  const pools = [...new Set(agents.map(({ pool }) => pool))];
  const [states, drains] = await Promise.all([
    Promise.all(pools.map((pool) => poolStub(env, pool).agents())),
    Promise.all(pools.map((pool) => poolStub(env, pool).drained())),
  ]);
  const by_id = new Map(states.flat().map((state) => [state.id, state]));
  const drained_by_id: Record<string, Drained> = Object.assign({}, ...drains);
  return agents.map((agent) => {
    const drained = drained_by_id[agent.id];
    return { ...agent, ...(drained === undefined ? {} : { drained }), ...by_id.get(agent.id) };
  });
}
