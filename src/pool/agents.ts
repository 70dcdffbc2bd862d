import type { AnnouncedPack, Hello, Labels } from "../../protocol/agent.ts";
import { AGENT_SILENCE_MS_MAX } from "../../protocol/limits.ts";

/** What a socket's attachment keeps through hibernation: whose it is. The runtime bounds it to a few KiB. */
interface Attachment {
  connected_ms: number;
  /** Undefined before the hello. */
  agent_id?: string;
}

/** An agent as its last hello describes it. */
export interface Agent {
  agent_id: string;
  name: string;
  version: string;
  /** The version of the protocol that is spoken with it; null for an agent from before there were versions. */
  protocol: number | null;
  slots: number;
  runners: string[];
  labels: Labels;
  packs: AnnouncedPack[];
}

/** The agents' sockets, and what their hellos said, in the pool's own database: idle agents let the pool sleep. */
export class Agents {
  readonly #ctx: DurableObjectState;
  readonly #sql: SqlStorage;
  /** Rows that have been read. Only this object writes them. */
  readonly #known = new Map<string, Agent>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    this.#sql = ctx.storage.sql;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS agents (agent_id TEXT PRIMARY KEY, hello TEXT NOT NULL)");
  }

  get count(): number {
    return this.#ctx.getWebSockets().length;
  }

  accept(socket: WebSocket, tags: string[]): void {
    this.#ctx.acceptWebSocket(socket, tags);
    socket.serializeAttachment({ connected_ms: Date.now() } satisfies Attachment);
  }

  /** Takes an agent's hello; gives the older socket of the same agent, if there is one, which is then no agent's. */
  identify(socket: WebSocket, agentId: string, hello: Hello): WebSocket | undefined {
    const replaced = this.socketOf(agentId);
    const { connected_ms } = read(socket);
    const { name, version, protocol = null, slots, runners, labels, packs } = hello;
    this.#write({ agent_id: agentId, name, version, protocol, slots, runners, labels, packs });
    socket.serializeAttachment({ connected_ms, agent_id: agentId } satisfies Attachment);
    if (replaced === undefined || replaced === socket) return undefined;
    replaced.serializeAttachment({ connected_ms } satisfies Attachment);
    return replaced;
  }

  /** Forgets a socket that has gone; whose it was, if it was still an agent's. */
  remove(socket: WebSocket): Agent | undefined {
    const { agent_id, connected_ms } = read(socket);
    socket.serializeAttachment({ connected_ms } satisfies Attachment);
    return agent_id === undefined ? undefined : this.#read(agent_id);
  }

  /** The agents that are connected. */
  list(): Agent[] {
    return this.#open().flatMap((socket) => this.#of(socket) ?? []);
  }

  socketOf(agentId: string): WebSocket | undefined {
    return this.#open().find((socket) => read(socket).agent_id === agentId);
  }

  /** An agent that has a slot for a runner and was heard lately: the one with most slots free. */
  free(runner: string, busy: (agentId: string) => number, now_ms: number): Agent | undefined {
    const silent = new Set(this.silent(now_ms));
    let best: { agent: Agent; slots: number } | undefined;
    for (const socket of this.#open()) {
      const agent = this.#of(socket);
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

  #of(socket: WebSocket): Agent | undefined {
    const { agent_id } = read(socket);
    return agent_id === undefined ? undefined : this.#read(agent_id);
  }

  #read(agentId: string): Agent | undefined {
    const known = this.#known.get(agentId);
    if (known) return known;
    const [row] = this.#sql
      .exec<{ hello: string }>("SELECT hello FROM agents WHERE agent_id = ?", agentId)
      .toArray();
    if (!row) return undefined;
    const agent: Agent = { agent_id: agentId, ...JSON.parse(row.hello) };
    this.#known.set(agentId, agent);
    return agent;
  }

  #write(agent: Agent): void {
    const { agent_id, ...hello } = agent;
    this.#sql.exec(
      "INSERT INTO agents (agent_id, hello) VALUES (?, ?) ON CONFLICT (agent_id) DO UPDATE SET hello = excluded.hello",
      agent_id,
      JSON.stringify(hello),
    );
    this.#known.set(agent_id, agent);
  }
}

function read(socket: WebSocket): Attachment {
  return socket.deserializeAttachment();
}
