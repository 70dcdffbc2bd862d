import {
  AGENT_SILENCE_MS_MAX,
  HELLO_MS_MAX,
  HELLOS_AWAITED_MAX,
  PINGS_MISSING_MAX,
} from "../../protocol/base/limits.ts";
import type { Hello } from "../../protocol/wire/agent.ts";
import { type Hearing, heardAt_ms, hearingOf } from "../sockets/hearing.ts";
import type { Agent } from "./decide/agent.ts";
import type { Roster } from "./roster.ts";

/** A socket's attachment, which survives hibernation. The runtime bounds it to a few KiB. */
interface Attachment extends Hearing {
  /** The agent whose secret opened the socket; undefined if the pool's key opened it. */
  registered?: string;
  /** `awaited`: no hello has come. `gone`: it belongs to no agent any more. */
  state: "awaited" | "greeted" | "gone";
  /** The agent that sent the hello; undefined before it. */
  agent_id?: string;
  /** Why its agent takes no new work now; undefined if it does. */
  unable?: string;
  /** How long it may be silent, from the ping interval in the hello; undefined if the hello names none. */
  silence_ms?: number;
}

/**
 * The agents' sockets. Everything else about an agent is in the roster, so that the pool can hibernate while agents are
 * idle.
 */
export class Agents {
  readonly #ctx: DurableObjectState;
  readonly #roster: Roster;

  constructor(ctx: DurableObjectState, roster: Roster) {
    this.#ctx = ctx;
    this.#roster = roster;
  }

  /** How many agents are connected. */
  get count(): number {
    return this.#sockets("greeted").length;
  }

  /** Whether a socket's hello is awaited. */
  get isAwaiting(): boolean {
    return this.#sockets("awaited").length > 0;
  }

  /** Accepts a new socket and awaits its hello. Returns the sockets to close for it: the same agent's, and the oldest. */
  accept(socket: WebSocket, registered: string | undefined, tags: string[]): WebSocket[] {
    const awaited = this.#sockets("awaited").sort((a, b) => read(a).since_ms - read(b).since_ms);
    const isOwn = (other: WebSocket) => registered !== undefined && read(other).registered === registered;
    const others = awaited.filter((other) => !isOwn(other));
    const too_many = Math.max(0, others.length + 1 - HELLOS_AWAITED_MAX);
    this.#ctx.acceptWebSocket(socket, tags);
    const own = registered === undefined ? {} : { registered };
    write(socket, { since_ms: Date.now(), state: "awaited", ...own });
    return [...awaited.filter(isOwn), ...others.slice(0, too_many)];
  }

  /** A socket's attachment, without its hearing. */
  about(socket: WebSocket): Omit<Attachment, keyof Hearing> {
    return read(socket);
  }

  /** Assigns the socket to an agent. Returns the agent's older socket, if there is one, which has no agent any more. */
  identify(socket: WebSocket, agentId: string, protocol: number | null, hello: Hello): WebSocket | undefined {
    const replaced = this.socketOf(agentId);
    if (replaced) this.remove(replaced);
    this.#roster.describe(agentId, protocol, hello);
    const { unable, ping_ms } = hello;
    write(socket, {
      ...read(socket),
      state: "greeted",
      agent_id: agentId,
      ...(unable === undefined ? {} : { unable }),
      ...(ping_ms === undefined ? {} : { silence_ms: PINGS_MISSING_MAX * ping_ms }),
    });
    return replaced;
  }

  /** Stores why an agent takes no new work, or that it takes work again. */
  setUnable(socket: WebSocket, why: string | undefined): void {
    const { unable: _, ...attachment } = read(socket);
    write(socket, why === undefined ? attachment : { ...attachment, unable: why });
  }

  /** The reason of each agent that takes no new work now, by its id. */
  get unable(): Map<string, string> {
    const greeted = this.#sockets("greeted").map(read);
    return new Map(
      greeted.flatMap(({ agent_id, unable }) =>
        agent_id && unable !== undefined ? [[agent_id, unable]] : [],
      ),
    );
  }

  /** Forgets a closed socket. Returns its agent, if it still had one. */
  remove(socket: WebSocket): Agent | undefined {
    const { agent_id, ...rest } = read(socket);
    write(socket, { ...rest, state: "gone" });
    if (agent_id === undefined) return undefined;
    const agent = this.#roster.of(agent_id);
    if (agent?.protocol === null) this.#roster.forget(agent_id);
    return agent;
  }

  /** The agents that are connected. */
  list(): Agent[] {
    return this.#sockets("greeted").flatMap((socket) => this.#by(socket) ?? []);
  }

  /** The ids of the connected agents. */
  get ids(): Set<string> {
    return new Set(this.#sockets("greeted").flatMap((socket) => read(socket).agent_id ?? []));
  }

  socketOf(agentId: string): WebSocket | undefined {
    return this.#sockets("greeted").find((socket) => read(socket).agent_id === agentId);
  }

  /** All sockets that an agent's secret has opened. */
  socketsBy(agentId: string): WebSocket[] {
    return this.#open().filter((socket) => read(socket).registered === agentId);
  }

  /** When a connected agent was heard last, in milliseconds since 1970; undefined for one that is not connected. */
  heard_ms(agentId: string): number | undefined {
    const socket = this.socketOf(agentId);
    return socket && this.heardFrom_ms(socket, Date.now());
  }

  /** The connected agents that were heard lately. */
  present(now_ms: number): Agent[] {
    const silent = new Set(this.silent(now_ms));
    return this.#sockets("greeted").flatMap((socket) => (silent.has(socket) ? [] : (this.#by(socket) ?? [])));
  }

  /** Sockets that have not pinged for too long: the network may keep a dead one open for hours. */
  silent(now_ms: number): WebSocket[] {
    return this.#open().filter((socket) => now_ms >= this.#silent_ms(socket, now_ms));
  }

  /** How long until the first socket counts as silent; undefined without any. */
  quiet_ms(now_ms: number): number | undefined {
    const left_ms = this.#open().map((socket) => this.#silent_ms(socket, now_ms) - now_ms);
    return left_ms.length === 0 ? undefined : Math.max(0, Math.min(...left_ms));
  }

  #silent_ms(socket: WebSocket, now_ms: number): number {
    return this.heardFrom_ms(socket, now_ms) + (read(socket).silence_ms ?? AGENT_SILENCE_MS_MAX);
  }

  /** Sockets whose hello has not come in time. */
  overdue(now_ms: number): WebSocket[] {
    return this.#sockets("awaited").filter((socket) => now_ms - read(socket).since_ms >= HELLO_MS_MAX);
  }

  /** When a socket was heard last, also if the clock has been set back since. */
  heardFrom_ms(socket: WebSocket, now_ms: number): number {
    const attachment = read(socket);
    const pinged_ms = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    const hearing = hearingOf(attachment, pinged_ms, now_ms);
    if (hearing !== attachment) write(socket, { ...attachment, ...hearing });
    return heardAt_ms(hearing, pinged_ms);
  }

  #by(socket: WebSocket): Agent | undefined {
    const { agent_id } = read(socket);
    return agent_id === undefined ? undefined : this.#roster.of(agent_id);
  }

  #sockets(state: Attachment["state"]): WebSocket[] {
    return this.#open().filter((socket) => read(socket).state === state);
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

function read(socket: WebSocket): Attachment {
  return socket.deserializeAttachment();
}

function write(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}
