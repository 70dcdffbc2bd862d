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
import { greet, leaseEventsOf, UPGRADE_AGENT } from "./decide/greeting.ts";
import { dispatch } from "./dispatch.ts";
import { closeUngreeted, refuse } from "./leaving.ts";
import { readMessage, send } from "./message.ts";
import type { PoolState } from "./state.ts";

const MESSAGE_RATE = { per_second: AGENT_MESSAGES_PER_SECOND_MAX, burst: AGENT_MESSAGES_BURST_MAX };

/** Opens a socket, and awaits its hello. */
export function open(pool: PoolState, request: Request): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  for (const socket of pool.agents.accept(server, agentOf(request), tagsOf(request)))
    closeUngreeted(pool, socket);
  return new Response(null, { status: 101, webSocket: client });
}

/** Takes an agent's message. */
export async function receive(pool: PoolState, socket: WebSocket, text: string | ArrayBuffer): Promise<void> {
  const { state, agent_id } = pool.agents.about(socket);
  if (state === "gone") return;
  const message = readMessage(text);
  if (message instanceof TailraceError) return refuse(pool, socket, message);
  if (message.type === "hello" && state === "awaited") return takeHello(pool, socket, message);
  if (message.type === "hello" || agent_id === undefined)
    return refuse(
      pool,
      socket,
      new TailraceError("invalid", "The first message must be the hello, and only the first."),
    );
  if (pool.messages.take(agent_id, MESSAGE_RATE, Date.now()) > 0)
    return refuse(pool, socket, new TailraceError("too_many", "The agent sends too many messages."));
  await takeMessage(pool, socket, message, agent_id);
}

/** An agent from before there were identities has finished an execution: if it has no other, its connection ends. */
export async function released(pool: PoolState, agentId: string): Promise<void> {
  const { roster, queue, agents } = pool;
  const socket = agents.socketOf(agentId);
  if (!socket || roster.of(agentId)?.protocol !== null) return;
  if (queue.ofAgent(agentId).length === 0) await refuse(pool, socket, UPGRADE_AGENT);
}

/** Takes an agent's message after its hello. */
async function takeMessage(
  pool: PoolState,
  socket: WebSocket,
  message: Exclude<AgentMessage, Hello>,
  agentId: string,
): Promise<void> {
  switch (message.type) {
    case "accepted":
    case "declined":
      return apart(message.execution_id, takeLeaseAnswer(pool, message, agentId));
    case "unable":
      pool.agents.setUnable(socket, message.why);
      break;
    case "able":
      pool.agents.setUnable(socket, undefined);
      await dispatch(pool);
      break;
  }
}

async function takeLeaseAnswer(
  pool: PoolState,
  { type, execution_id, epoch }: Extract<AgentMessage, { type: "accepted" | "declined" }>,
  agent_id: string,
): Promise<void> {
  const early = pool.isEarly(agent_id);
  await act(pool, execution_id, { kind: type, lease: { epoch, agent_id }, early });
  if (type === "declined") await dispatch(pool);
}

/** Identifies the agent of a hello, and accepts it. */
async function takeHello(pool: PoolState, socket: WebSocket, hello: Hello): Promise<void> {
  const { env, ctx, roster, queue, agents } = pool;
  const { registered } = agents.about(socket);
  const greeting = greet(hello, registered, (id) => roster.isKnown(id));
  if (greeting.kind === "refused") return refuse(pool, socket, greeting.why);
  const { kind, agent_id } = greeting;
  if (agents.count >= AGENTS_MAX && !agents.socketOf(agent_id)) {
    const text = `The pool has ${AGENTS_MAX} agents connected, which is the limit.`;
    return refuse(pool, socket, new TailraceError("too_many", text));
  }
  const replaced = agents.identify(socket, agent_id, kind === "agent" ? greeting.protocol : null, hello);
  replaced?.close(1000, "replaced by a newer connection of the same agent");
  if (kind === "agent") ctx.waitUntil(describeAgent(env.INDEX, agent_id, hello));
  // An agent of an older release that holds nothing gets no welcome: it would reconnect immediately, without end.
  if (kind === "agent" || hello.leases.length > 0) {
    const spoken = kind === "agent" ? { protocol: greeting.protocol } : {};
    const grace_seconds = env.LEASE_GRACE_SECONDS;
    send(socket, { type: "welcome", pool: pool.name, ...spoken, grace_seconds });
  }
  await takeLeases(pool, agent_id, hello);
  if (kind === "legacy") {
    if (queue.ofAgent(agent_id).length === 0) return refuse(pool, socket, UPGRADE_AGENT);
    send(socket, { type: "error", ...UPGRADE_AGENT.toBody() });
  }
  await dispatch(pool);
}

/**
 * Confirms or voids the leases that an agent lists. Leases that it should hold and does not list are given to another
 * agent, or abandoned. All places are stepped in one turn: otherwise the agent could get one of these executions again
 * during a call, and start it.
 */
async function takeLeases(pool: PoolState, agent_id: string, hello: Hello): Promise<void> {
  const events = leaseEventsOf(agent_id, hello, pool.queue.ofAgent(agent_id));
  await Promise.all(
    events.map(({ execution_id, event }) => apart(execution_id, act(pool, execution_id, event))),
  );
}
