import type { Hello } from "../../protocol/agent.ts";
import { AGENT_SILENCE_MS_MAX } from "../../protocol/limits.ts";

/** What a socket's attachment keeps through hibernation: whose it is. No `agent_id` before the hello. */
interface Attachment {
  pool: string;
  connected_ms: number;
  agent?: Agent;
}

export interface Agent {
  agent_id: string;
  name: string;
  version: string;
  slots: number;
  runners: string[];
  pool: string;
}

/** The agents' sockets. All that is known of an agent is in its socket's attachment, so idle ones let the pool sleep. */
export class Agents {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get count(): number {
    return this.#ctx.getWebSockets().length;
  }

  accept(socket: WebSocket, pool: string, tags: string[]): void {
    this.#ctx.acceptWebSocket(socket, tags);
    socket.serializeAttachment({ pool, connected_ms: Date.now() } satisfies Attachment);
  }

  /** Takes an agent's hello; gives the older socket of the same agent, if there is one, which is then nobody's. */
  identify(socket: WebSocket, hello: Hello): { pool: string; replaced: WebSocket | undefined } {
    const replaced = this.socketOf(hello.agent_id);
    const { pool, connected_ms } = read(socket);
    const { agent_id, name, version, slots, runners } = hello;
    const agent: Agent = { agent_id, name, version, slots, runners, pool };
    socket.serializeAttachment({ pool, connected_ms, agent } satisfies Attachment);
    if (replaced === undefined || replaced === socket) return { pool, replaced: undefined };
    replaced.serializeAttachment({ pool, connected_ms } satisfies Attachment);
    return { pool, replaced };
  }

  /** Forgets a socket that has gone; whose it was, if it was anybody's still. */
  remove(socket: WebSocket): Agent | undefined {
    const { agent, ...rest } = read(socket);
    socket.serializeAttachment(rest satisfies Attachment);
    return agent;
  }

  list(): Agent[] {
    return this.#open().flatMap((socket) => read(socket).agent ?? []);
  }

  socketOf(agentId: string): WebSocket | undefined {
    return this.#open().find((socket) => read(socket).agent?.agent_id === agentId);
  }

  /** An agent that has a slot for a runner and was heard lately: the one with most slots free. */
  free(runner: string, busy: (agentId: string) => number, now_ms: number): Agent | undefined {
    const silent = new Set(this.silent(now_ms));
    let best: { agent: Agent; slots: number } | undefined;
    for (const socket of this.#open()) {
      const { agent } = read(socket);
      if (!agent?.runners.includes(runner) || silent.has(socket)) continue;
      const slots = agent.slots - busy(agent.agent_id);
      if (slots > 0 && (best === undefined || slots > best.slots)) best = { agent, slots };
    }
    return best?.agent;
  }

  /** Sockets that have not pinged for too long: the network may keep a dead one open for hours. */
  silent(now_ms: number): WebSocket[] {
    return this.#open().filter((socket) => {
      const pinged_ms = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      return now_ms - Math.max(pinged_ms, read(socket).connected_ms) > AGENT_SILENCE_MS_MAX;
    });
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

function read(socket: WebSocket): Attachment {
  return socket.deserializeAttachment();
}
