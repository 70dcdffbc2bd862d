import { DurableObject } from "cloudflare:workers";
import { newId } from "../../protocol/base/id.ts";
import { AGENTS_KNOWN_MAX, HELLO_MS_MAX } from "../../protocol/base/limits.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { PoolMessage } from "../../protocol/wire/agent.ts";
import type { AgentState } from "../../protocol/wire/agent-state.ts";
import { Pace } from "../base/portions.ts";
import type { PoolStub, Wanted } from "../objects/pool.ts";
import { countOpen, DROPPED_CODE, DROPPED_REASON } from "../sockets/tags.ts";
import { beginSchema, openSchema } from "../storage/schema.ts";
import { Agents } from "./agents.ts";
import { Dispatch } from "./dispatch.ts";
import { kindOf } from "./kind.ts";
import { apart, Leases } from "./leases.ts";
import { say } from "./message.ts";
import { isOverdue, Queue } from "./queue.ts";
import { Reception } from "./reception.ts";
import { Roster } from "./roster.ts";
import { POOL_STEPS } from "./schema.ts";

/** How often the pool looks whether agents that have gone are back, while it waits for any; and tries again what failed. */
const WATCH_MS = 15_000;
const RETRY_MS = 1_000;

/** Executions that come into one pool between two breaths of the engine. */
const RESERVED_AT_ONCE = 4;

/**
 * One pool of agents: it queues executions, gives each to an agent with a free slot under a lease, and notices an
 * agent that has gone. The execution's own object decides what that means for the execution.
 */
export class RunnerPool extends DurableObject<Env> implements PoolStub {
  readonly #queue: Queue;
  readonly #roster: Roster;
  readonly #agents: Agents;
  readonly #leases: Leases;
  readonly #reception: Reception;
  readonly #dispatcher: Dispatch;
  /** Executions come into the pool so many at a time: each costs writes in several objects. */
  readonly #pace = new Pace(RESERVED_AT_ONCE);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openSchema(ctx, POOL_STEPS, () => beginSchema(ctx.storage, POOL_STEPS));
    const queue = new Queue(ctx.storage.sql);
    const roster = new Roster(ctx.storage.sql);
    const agents = new Agents(ctx, roster);
    const pool = () => this.#name;
    const tell = (agentId: string, message: PoolMessage) => this.#tell(agentId, message);
    const leases = new Leases({ env, pool, queue, roster, tell });
    const retry = () => this.#watch(RETRY_MS);
    const dispatch = new Dispatch({ env, pool, queue, agents, leases, retry });
    const changed = () => this.#dispatch();
    this.#queue = queue;
    this.#roster = roster;
    this.#agents = agents;
    this.#leases = leases;
    this.#reception = new Reception({ env, ctx, pool, queue, roster, agents, leases, dispatch, changed });
    this.#dispatcher = dispatch;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Keeps a place in the queue for an execution that is about to be made, until a moment by which it must be there; why not,
   * where that would be beyond a limit.
   */
  async reserve(executionId: string, wanted: Wanted, until_ms: number): Promise<string | undefined> {
    await this.#pace.turn();
    const refused = this.#dispatcher.refusal(executionId, wanted);
    if (refused === undefined) this.#queue.reserve(executionId, wanted, until_ms);
    return refused;
  }

  /** Why a user may start no more that waits here; undefined where they may. */
  async refusal(executionId: string, wanted: Wanted): Promise<string | undefined> {
    await this.#pace.turn();
    return this.#dispatcher.refusal(executionId, wanted);
  }

  /** Puts an execution into the queue; safe to repeat. False, with nothing done, where it has no place there and would be beyond a limit. */
  async enqueue(executionId: string, wanted: Wanted): Promise<boolean> {
    if (this.#dispatcher.refusal(executionId, wanted) !== undefined) return false;
    this.#queue.add(executionId, wanted);
    this.ctx.waitUntil(this.#dispatch(kindOf(wanted)));
    return true;
  }

  /** Why an execution waits; undefined once an agent has it. */
  async waiting(executionId: string, wanted: Wanted): Promise<string | undefined> {
    return this.#dispatcher.reason(executionId, wanted);
  }

  /** Takes an execution out of the queue that has waited for too long, and says why it has; undefined once an agent has it. */
  async withdraw(executionId: string, wanted: Wanted): Promise<string | undefined> {
    const reason = this.#dispatcher.reason(executionId, wanted);
    if (reason !== undefined) this.#queue.remove(executionId);
    return reason;
  }

  /** Tells the agent that runs it to end it. False: no agent has it, and none will get it any more. */
  async cancel(executionId: string): Promise<boolean> {
    return this.#leases.act(executionId, { kind: "cancel" });
  }

  /** The execution has completed: its slot is free. */
  async release(executionId: string): Promise<void> {
    const agent_id = this.#queue.get(executionId)?.agent_id;
    await this.#leases.act(executionId, { kind: "released" });
    if (agent_id) await this.#reception.released(agent_id);
    this.ctx.waitUntil(this.#dispatch());
  }

  /** Tells the agent that runs it how long to gather. */
  async flush(executionId: string, flush_ms: number): Promise<void> {
    const entry = this.#queue.get(executionId);
    if (!entry?.agent_id) return;
    this.#tell(entry.agent_id, { type: "flush", flush_ms, execution_id: executionId, epoch: entry.epoch });
  }

  /** Whether an agent is connected, and was heard lately. */
  async isPresent(agentId: string): Promise<boolean> {
    return this.#agents.present(Date.now()).some(({ agent_id }) => agent_id === agentId);
  }

  /** The agents as they are now. */
  async agents(): Promise<AgentState[]> {
    // While nothing runs no alarm looks for those that have gone.
    await this.#reception.tend(Date.now());
    const { unable } = this.#agents;
    return this.#agents.list().map(({ agent_id, protocol, ...agent }) => ({
      ...agent,
      ...(unable.has(agent_id) ? { unable: unable.get(agent_id) ?? "" } : {}),
      id: agent_id,
      protocol: protocol ?? 1,
      busy: this.#queue.load.busyOf(agent_id),
      connected: true,
      last_seen: timestamp(this.#agents.heard_ms(agent_id) ?? 0),
    }));
  }

  /**
   * Takes an agent into the roster, under a new id, or under the one that it had before there were identities: where no
   * agent has it and this pool has given it work. Undefined: the roster is full.
   */
  async enroll(legacyId?: string): Promise<string | undefined> {
    if (this.#roster.length >= AGENTS_KNOWN_MAX) return undefined;
    const has_work =
      legacyId !== undefined && !this.#roster.isKnown(legacyId) && this.#queue.ofAgent(legacyId).length > 0;
    const id = has_work ? legacyId : newId();
    this.#roster.enroll(id);
    return id;
  }

  /** An agent that was taken in has not come to be. */
  async strike(agentId: string): Promise<void> {
    this.#roster.dismiss(agentId);
  }

  /** The agent is revoked. Safe to repeat. */
  async dismiss(agentId: string): Promise<void> {
    await this.#reception.dismiss(agentId);
  }

  /** An agent connects. The Worker has checked its secret, or the pool's key. */
  override async fetch(request: Request): Promise<Response> {
    const response = this.#reception.open(request);
    await this.#watch(HELLO_MS_MAX);
    return response;
  }

  /** Sends the agents away that a credential let in: it is void. Their close tells the rest. */
  async drop(credential: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(credential)) {
      socket.close(DROPPED_CODE, DROPPED_REASON);
      await this.#reception.gone(socket);
    }
  }

  /** How many agents a credential has let in. */
  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#reception.receive(socket, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#reception.gone(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#reception.gone(socket);
  }

  /** Looks after the sockets, for leases whose agent never came back after a restart, and for waiting work. */
  override async alarm(): Promise<void> {
    await this.#reception.tend(Date.now());
    const now_ms = Date.now();
    const connected = this.#agents.ids;
    for (const entry of this.#queue.leased()) {
      const { agent_id, execution_id, epoch } = entry;
      if (!agent_id) continue;
      // It may have come back while the others were told.
      if (!connected.has(agent_id) && !this.#agents.socketOf(agent_id))
        await apart(entry, this.#leases.lost(entry, now_ms));
      else if (isOverdue(entry, now_ms)) {
        const early = this.#leases.isEarly(agent_id);
        const lease = { epoch, agent_id };
        await apart(entry, this.#leases.act(execution_id, { kind: "overdue", lease, early }));
      }
    }
    await this.#dispatch();
    if (this.#agents.isAwaiting) await this.#watch(HELLO_MS_MAX);
  }

  /** Gives what waits to agents that can run it: of one kind, or all. */
  async #dispatch(kind?: string): Promise<void> {
    await this.#dispatcher.run(kind);
    const { running, waiting } = this.#queue.load;
    // What waits for an agent needs no alarm: the agent's hello is what it waits for. One that was silent says none when it is
    // heard again.
    if (running > 0) await this.#watch(this.#agents.quiet_ms(Date.now()) ?? WATCH_MS);
    else if (waiting > 0 && this.#agents.silent(Date.now()).length > 0) await this.#watch(WATCH_MS);
    const { wait_ms } = this.#dispatcher;
    if (wait_ms !== undefined) await this.#watch(wait_ms);
  }

  /** False: the agent is not connected. */
  #tell(agentId: string, message: PoolMessage): boolean {
    const socket = this.#agents.socketOf(agentId);
    if (socket) say(socket, message);
    return socket !== undefined;
  }

  get #name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a pool's object has its name");
    return name;
  }

  /** Sets the alarm, unless it comes earlier already. */
  async #watch(in_ms: number): Promise<void> {
    const due_ms = Date.now() + in_ms;
    const set_ms = await this.ctx.storage.getAlarm();
    if (set_ms === null || set_ms > due_ms) await this.ctx.storage.setAlarm(due_ms);
  }
}
