import { TailraceError } from "../../protocol/base/errors.ts";
import {
  AGENT_MESSAGES_BURST_MAX,
  AGENT_MESSAGES_PER_SECOND_MAX,
  AGENTS_MAX,
} from "../../protocol/base/limits.ts";
import type { AgentMessage, Hello } from "../../protocol/wire/agent.ts";
import { describeAgent } from "../index/agents.ts";
import { agentOf, tagsOf } from "../sockets/tags.ts";
import { act, apart } from "./act.ts";
import { greet, saidOf, UPGRADE_AGENT } from "./decide/greeting.ts";
import { dispatch } from "./dispatch.ts";
import { closeUngreeted, refuse } from "./leaving.ts";
import { readMessage, say } from "./message.ts";
import type { PoolState } from "./state.ts";

const MESSAGE_RATE = { per_second: AGENT_MESSAGES_PER_SECOND_MAX, burst: AGENT_MESSAGES_BURST_MAX };

/** Opens a socket, and awaits its hello. */
export function open(pool: PoolState, request: Request): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  for (const socket of pool.agents.accept(server, agentOf(request), tagsOf(request)))
    closeUngreeted(pool, socket);
  return new Response(null, { status: 101, webSocket: client });
}

/** Takes a message of an agent. */
export async function receive(
  pool: PoolState,
  socket: WebSocket,
  message: string | ArrayBuffer,
): Promise<void> {
  const { state, agent_id } = pool.agents.about(socket);
  if (state === "gone") return;
  const said = readMessage(message);
  if (said instanceof TailraceError) return refuse(pool, socket, said);
  if (said.type === "hello" && state === "awaited") return takeHello(pool, socket, said);
  if (said.type === "hello" || agent_id === undefined)
    return refuse(pool, socket, new TailraceError("invalid", "A hello comes first, and once."));
  if (pool.messages.take(agent_id, MESSAGE_RATE, Date.now()) > 0)
    return refuse(pool, socket, new TailraceError("too_many", "The agent says too much."));
  await hear(pool, socket, said, agent_id);
}

/** An agent from before there were identities has finished something: with nothing left, its connection ends. */
export async function released(pool: PoolState, agentId: string): Promise<void> {
  const { roster, queue, agents } = pool;
  const socket = agents.socketOf(agentId);
  if (!socket || roster.of(agentId)?.protocol !== null) return;
  if (queue.ofAgent(agentId).length === 0) await refuse(pool, socket, UPGRADE_AGENT);
}

/** Takes what an agent says after its hello. */
async function hear(
  pool: PoolState,
  socket: WebSocket,
  said: Exclude<AgentMessage, Hello>,
  agentId: string,
): Promise<void> {
  switch (said.type) {
    case "accepted":
    case "declined":
      return apart(said.execution_id, hearOfLease(pool, said, agentId));
    case "unable":
      pool.agents.setUnable(socket, said.why);
      break;
    case "able":
      pool.agents.setUnable(socket, undefined);
      await dispatch(pool);
      break;
  }
}

async function hearOfLease(
  pool: PoolState,
  { type, execution_id, epoch }: Extract<AgentMessage, { type: "accepted" | "declined" }>,
  agent_id: string,
): Promise<void> {
  const early = pool.isEarly(agent_id);
  await act(pool, execution_id, { kind: type, lease: { epoch, agent_id }, early });
  if (type === "declined") await dispatch(pool);
}

/** Finds out which agent says hello, and takes it in. */
async function takeHello(pool: PoolState, socket: WebSocket, hello: Hello): Promise<void> {
  const { env, ctx, roster, queue, agents } = pool;
  const { registered } = agents.about(socket);
  const greeting = greet(hello, registered, (id) => roster.isKnown(id));
  if (greeting.kind === "refused") return refuse(pool, socket, greeting.why);
  const { kind, agent_id } = greeting;
  if (agents.count >= AGENTS_MAX && !agents.socketOf(agent_id)) {
    const text = `The pool has ${AGENTS_MAX} agents connected, as many as it may have.`;
    return refuse(pool, socket, new TailraceError("too_many", text));
  }
  const replaced = agents.identify(socket, agent_id, kind === "agent" ? greeting.protocol : null, hello);
  replaced?.close(1000, "replaced by a newer connection of the same agent");
  if (kind === "agent") ctx.waitUntil(describeAgent(env.INDEX, agent_id, hello));
  // An agent that comes to finish and holds nothing is not welcomed: it would come again at once, without end.
  if (kind === "agent" || hello.leases.length > 0) {
    const spoken = kind === "agent" ? { protocol: greeting.protocol } : {};
    const grace_seconds = env.LEASE_GRACE_SECONDS;
    say(socket, { type: "welcome", pool: pool.name, ...spoken, grace_seconds });
  }
  await takeLeases(pool, agent_id, hello);
  if (kind === "legacy") {
    if (queue.ofAgent(agent_id).length === 0) return refuse(pool, socket, UPGRADE_AGENT);
    say(socket, { type: "error", ...UPGRADE_AGENT.toBody() });
  }
  await dispatch(pool);
}

/**
 * Confirms or voids what an agent holds, and gives away or abandons what it should hold and does not. All places are stepped in
 * one turn: while one execution is asked, this agent may be given another of them once more, and start it.
 */
async function takeLeases(pool: PoolState, agent_id: string, hello: Hello): Promise<void> {
  const said = saidOf(agent_id, hello, pool.queue.ofAgent(agent_id));
  await Promise.all(
    said.map(({ execution_id, event }) => apart(execution_id, act(pool, execution_id, event))),
  );
}
