import {
  AGENT_SILENCE_MS_MAX,
  HELLO_MS_MAX,
  HELLOS_AWAITED_MAX,
  PINGS_MISSING_MAX,
} from "../../protocol/base/limits.ts";
import type { Hello } from "../../protocol/wire/agent.ts";
import { type Hearing, heardAt_ms, hearingOf } from "../sockets/hearing.ts";
import type { Agent, Roster } from "./roster.ts";

/** What a socket's attachment keeps through hibernation: whose it is. The runtime bounds it to a few KiB. */
interface Attachment extends Hearing {
  /** The agent whose secret opened the socket; undefined where the pool's key did. */
  registered?: string;
  /** `awaited`: its hello is still to come. `gone`: it is no agent's any more. */
  state: "awaited" | "greeted" | "gone";
  /** Whose it is; undefined before the hello. */
  agent_id?: string;
  /** Why its agent takes no new work now; undefined where it does. */
  unable?: string;
  /** How long it may be silent, as its agent's pings promise; undefined for one that promises nothing. */
  silence_ms?: number;
}

/** The agents' sockets. What else is known of an agent is in the roster, so that idle ones let the pool sleep. */
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

  /** Whether a hello is awaited. */
  get isAwaiting(): boolean {
    return this.#sockets("awaited").length > 0;
  }

  /** Takes a new socket, whose hello is awaited. Gives those that make room for it: the same agent's, and the oldest. */
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

  /** The agent whose secret opened a socket, and, after the hello, whose it is. */
  standing(socket: WebSocket): Omit<Attachment, keyof Hearing> {
    return read(socket);
  }

  /** The socket is an agent's from here on; gives its older one, if there is one, which is then no agent's. */
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

  /** An agent takes no new work from here on, and why; or does again. */
  setUnable(socket: WebSocket, why: string | undefined): void {
    const { unable: _, ...attachment } = read(socket);
    write(socket, why === undefined ? attachment : { ...attachment, unable: why });
  }

  /** Why each of the agents that take no new work now does not, by its id. */
  get unable(): Map<string, string> {
    const said = this.#sockets("greeted").map(read);
    return new Map(
      said.flatMap(({ agent_id, unable }) => (agent_id && unable !== undefined ? [[agent_id, unable]] : [])),
    );
  }

  /** Forgets a socket that has gone; whose it was, if it was still an agent's. */
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

  /** The ids of those. */
  get ids(): Set<string> {
    return new Set(this.#sockets("greeted").flatMap((socket) => read(socket).agent_id ?? []));
  }

  socketOf(agentId: string): WebSocket | undefined {
    return this.#sockets("greeted").find((socket) => read(socket).agent_id === agentId);
  }

  /** Every socket that an agent's secret has opened. */
  socketsBy(agentId: string): WebSocket[] {
    return this.#open().filter((socket) => read(socket).registered === agentId);
  }

  /** When a connected agent was heard last, in milliseconds since 1970; undefined for one that is not connected. */
  heard_ms(agentId: string): number | undefined {
    const socket = this.socketOf(agentId);
    return socket && this.heardFrom_ms(socket, Date.now());
  }

  /** Those of the connected agents that were heard lately. */
  present(now_ms: number): Agent[] {
    const silent = new Set(this.silent(now_ms));
    return this.#sockets("greeted").flatMap((socket) => (silent.has(socket) ? [] : (this.#by(socket) ?? [])));
  }

  /** Sockets that have not pinged for too long: the network may keep a dead one open for hours. */
  silent(now_ms: number): WebSocket[] {
    return this.#open().filter((socket) => now_ms >= this.#silent_ms(socket, now_ms));
  }

  /** How long until the first of the sockets would count as silent; undefined without any. */
  quiet_ms(now_ms: number): number | undefined {
    const left_ms = this.#open().map((socket) => this.#silent_ms(socket, now_ms) - now_ms);
    return left_ms.length === 0 ? undefined : Math.max(0, Math.min(...left_ms));
  }

  #silent_ms(socket: WebSocket, now_ms: number): number {
    return this.heardFrom_ms(socket, now_ms) + (read(socket).silence_ms ?? AGENT_SILENCE_MS_MAX);
  }

  /** Sockets that have said no hello in time. */
  overdue(now_ms: number): WebSocket[] {
    return this.#sockets("awaited").filter((socket) => now_ms - read(socket).since_ms >= HELLO_MS_MAX);
  }

  /** When a socket was heard last, also where the clock has been set back since. */
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
