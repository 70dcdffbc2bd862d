import type { AgentSays, AgentWorld, PoolSays, World } from "../world.ts";

/** Whether an agent counts as connected in its pool. */
export function isConnected({ link, ghost }: AgentWorld): boolean {
  return link?.greeted === true || ghost?.greeted === true;
}

export function agentOf(world: World, id: string): AgentWorld {
  const agent = world.agents.find((one) => one.id === id);
  if (!agent) throw new Error(`no agent ${id}`);
  return agent;
}

/** Sends a message, unless the same one is already the last unread one: a repetition would add nothing. */
export function tellAgent({ link }: AgentWorld, message: PoolSays): void {
  const last = link?.to_agent.at(-1);
  if (last?.say !== message.say || last.epoch !== message.epoch) link?.to_agent.push(message);
}

export function tellPool({ link }: AgentWorld, message: AgentSays): void {
  const isThere = link?.to_pool.some((one) => JSON.stringify(one) === JSON.stringify(message));
  if (!isThere) link?.to_pool.push(message);
}

/** The agent's own messages may still arrive; messages to it are lost. */
export function cut(agent: AgentWorld): void {
  const { link } = agent;
  if (link && (link.greeted || !agent.ghost?.greeted))
    agent.ghost = { greeted: link.greeted, to_pool: link.to_pool };
  agent.link = null;
}
