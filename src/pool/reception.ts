import { TailraceError } from "../../protocol/base/errors.ts";
import {
  AGENT_MESSAGES_BURST_MAX,
  AGENT_MESSAGES_PER_SECOND_MAX,
  AGENTS_MAX,
  PING_MS,
  PINGS_MISSING_MAX,
} from "../../protocol/base/limits.ts";
import type { AgentMessage, Hello } from "../../protocol/wire/agent.ts";
import { Buckets } from "../base/bucket.ts";
import { describeAgent, sawAgent } from "../index/agents.ts";
import { agentOf, DROPPED_CODE, DROPPED_REASON, tagsOf } from "../sockets/tags.ts";
import type { Agents } from "./agents.ts";
import type { Dispatch } from "./dispatch.ts";
import { greet, saidOf, UPGRADE_AGENT } from "./greeting.ts";
import { apart, type Leases } from "./leases.ts";
import { readMessage, say } from "./message.ts";
import type { Queue } from "./queue.ts";
import type { Roster } from "./roster.ts";

/**
 * How soon an agent is missed that pings as ours do. The grace time counts from there: the agent itself needs as long until it finds that
 * its connection is dead.
 */
const MISSED_MS = PING_MS * PINGS_MISSING_MAX;

const MESSAGE_RATE = { per_second: AGENT_MESSAGES_PER_SECOND_MAX, burst: AGENT_MESSAGES_BURST_MAX };

export interface ReceptionParts {
  env: Env;
  ctx: DurableObjectState;
  pool: () => string;
  queue: Queue;
  roster: Roster;
  agents: Agents;
  leases: Leases;
  dispatch: Pick<Dispatch, "began" | "setBack">;
  /** Agents, or what they hold, have changed. */
  changed: () => Promise<void>;
}

/** The coming and going of agents: whose a socket is, what its agent still holds, and what becomes of it once it has gone. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #messages = new Buckets();

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** Opens a socket, whose hello is awaited. */
  open(request: Request): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    for (const socket of this.#parts.agents.accept(server, agentOf(request), tagsOf(request)))
      this.#closeUngreeted(socket);
    return new Response(null, { status: 101, webSocket: client });
  }

  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { state, agent_id } = this.#parts.agents.standing(socket);
    if (state === "gone") return;
    const said = readMessage(message);
    if (said instanceof TailraceError) return this.refuse(socket, said);
    if (said.type === "hello" && state === "awaited") return this.#greet(socket, said);
    if (said.type === "hello" || agent_id === undefined)
      return this.refuse(socket, new TailraceError("invalid", "A hello comes first, and once."));
    if (this.#messages.take(agent_id, MESSAGE_RATE, Date.now()) > 0)
      return this.refuse(socket, new TailraceError("too_many", "The agent says too much."));
    await this.#hear(socket, said, agent_id);
  }

  /** A socket has gone: its agent, if it was one's, has the grace time for what it has begun, from this moment on. */
  async gone(socket: WebSocket, missed_ms = Date.now()): Promise<void> {
    const { env, ctx, queue, agents, leases, changed } = this.#parts;
    const agent = agents.remove(socket);
    if (!agent) return;
    const { agent_id, protocol } = agent;
    if (protocol !== null) ctx.waitUntil(sawAgent(env.INDEX, agent_id));
    for (const entry of queue.ofAgent(agent_id)) {
      // It may have come back while the others were told.
      if (!agents.socketOf(agent_id)) await apart(entry, leases.lost(entry, missed_ms));
    }
    await changed();
  }

  /** The agent is revoked: its sockets end, what it has begun is over, and what it has not begun another may have. */
  async dismiss(agentId: string): Promise<void> {
    const { queue, roster, agents, leases, changed } = this.#parts;
    const early = leases.isEarly(agentId);
    roster.dismiss(agentId);
    for (const socket of agents.socketsBy(agentId)) {
      agents.remove(socket);
      socket.close(DROPPED_CODE, DROPPED_REASON);
    }
    // All leases are over at once, however long one execution takes to answer.
    const told = await Promise.allSettled(
      queue.ofAgent(agentId).map(({ execution_id, epoch }) => {
        const lease = { epoch, agent_id: agentId };
        return leases.act(execution_id, { kind: "revoked", lease, early });
      }),
    );
    await changed();
    // The revocation is to be repeated: a lease may still be in force.
    const failure = told.find((outcome) => outcome.status === "rejected");
    if (failure) throw failure.reason;
  }

  /** Closes sockets that say no hello, and those of agents that fell silent. */
  async tend(now_ms: number): Promise<void> {
    const { agents } = this.#parts;
    for (const socket of agents.overdue(now_ms)) this.#closeUngreeted(socket);
    for (const socket of agents.silent(now_ms)) {
      const missed_ms = agents.heardFrom_ms(socket, now_ms) + MISSED_MS;
      socket.close(1001, "silent");
      await this.gone(socket, Math.min(now_ms, missed_ms));
    }
  }

  /** An agent from before there were identities has finished something: with nothing left, its connection ends. */
  async released(agentId: string): Promise<void> {
    const { roster, queue, agents } = this.#parts;
    const socket = agents.socketOf(agentId);
    if (!socket || roster.of(agentId)?.protocol !== null) return;
    if (queue.ofAgent(agentId).length === 0) await this.refuse(socket, UPGRADE_AGENT);
  }

  /** Tells an agent why its connection ends. */
  async refuse(socket: WebSocket, why: TailraceError): Promise<void> {
    say(socket, { type: "error", ...why.toBody() });
    socket.close(1008, why.code);
    await this.gone(socket);
  }

  /** Messages still come in until the other side has closed too, and a hello that comes so late says what holds no more. */
  #closeUngreeted(socket: WebSocket): void {
    this.#parts.agents.remove(socket);
    socket.close(1008, NO_HELLO);
  }

  /** What an agent says after its hello. */
  async #hear(socket: WebSocket, said: Exclude<AgentMessage, Hello>, agentId: string): Promise<void> {
    const { agents, changed } = this.#parts;
    switch (said.type) {
      case "accepted":
      case "declined":
        return apart(said, this.#hearOfLease(said, agentId));
      case "unable":
        agents.setUnable(socket, said.why);
        break;
      case "able":
        agents.setUnable(socket, undefined);
        await changed();
        break;
    }
  }

  async #hearOfLease(
    { type, execution_id, epoch }: Extract<AgentMessage, { type: "accepted" | "declined" }>,
    agent_id: string,
  ): Promise<void> {
    const { leases, dispatch, changed } = this.#parts;
    const early = leases.isEarly(agent_id);
    await leases.act(execution_id, { kind: type, lease: { epoch, agent_id }, early });
    if (type === "accepted") dispatch.began(execution_id);
    else {
      dispatch.setBack(execution_id);
      await changed();
    }
  }

  /** Decides whose hello it is, and takes the agent in. */
  async #greet(socket: WebSocket, hello: Hello): Promise<void> {
    const { env, ctx, roster, queue, agents, changed } = this.#parts;
    const { registered } = agents.standing(socket);
    const greeting = greet(hello, registered, (id) => roster.isKnown(id));
    if (greeting.kind === "refused") return this.refuse(socket, greeting.why);
    const { kind, agent_id } = greeting;
    if (agents.count >= AGENTS_MAX && !agents.socketOf(agent_id)) {
      const text = `The pool has ${AGENTS_MAX} agents connected, as many as it may have.`;
      return this.refuse(socket, new TailraceError("too_many", text));
    }
    const replaced = agents.identify(socket, agent_id, kind === "agent" ? greeting.protocol : null, hello);
    replaced?.close(1000, "replaced by a newer connection of the same agent");
    if (kind === "agent") ctx.waitUntil(describeAgent(env.INDEX, agent_id, hello));
    // One that has come to finish and holds nothing is not let in: it would come again at once, for ever.
    if (kind === "agent" || hello.leases.length > 0) {
      const spoken = kind === "agent" ? { protocol: greeting.protocol } : {};
      const grace_seconds = env.LEASE_GRACE_SECONDS;
      say(socket, { type: "welcome", pool: this.#parts.pool(), ...spoken, grace_seconds });
    }
    await this.#takeIn(agent_id, hello);
    if (kind === "legacy") {
      if (queue.ofAgent(agent_id).length === 0) return this.refuse(socket, UPGRADE_AGENT);
      say(socket, { type: "error", ...UPGRADE_AGENT.toBody() });
    }
    await changed();
  }

  /**
   * What an agent holds is confirmed or voided, what it should hold and does not is given away or abandoned. All places are stepped
   * in one turn: while an execution is waited for, this agent may be given another of them once more, and start it.
   */
  async #takeIn(agent_id: string, hello: Hello): Promise<void> {
    const { queue, leases } = this.#parts;
    const said = saidOf(agent_id, hello, queue.ofAgent(agent_id));
    await Promise.all(said.map((one) => apart(one, leases.act(one.execution_id, one.event))));
  }
}

const NO_HELLO = "no hello";
