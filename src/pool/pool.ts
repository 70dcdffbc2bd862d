import { DurableObject } from "cloudflare:workers";
import { newId } from "../../protocol/base/id.ts";
import { AGENTS_KNOWN_MAX, HELLO_MS_MAX } from "../../protocol/base/limits.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { AgentState, Drained } from "../../protocol/wire/agent-state.ts";
import { Pace } from "../base/portions.ts";
import type { PoolMeasures, PoolStub, Presence, Wanted } from "../objects/pool.ts";
import { countOpen, DROPPED_CODE, DROPPED_REASON } from "../sockets/tags.ts";
import { beginSchema, openSchema } from "../storage/schema.ts";
import { act } from "./act.ts";
import { kindOf } from "./decide/kind.ts";
import { isOf, type Lease } from "./decide/place.ts";
import { dispatch, dispatchCalmly } from "./dispatch.ts";
import { checkLeases, dismiss, drain, gone, tend } from "./leaving.ts";
import { measure } from "./measure.ts";
import { open, receive, released } from "./reception.ts";
import { POOL_STEPS } from "./schema.ts";
import { PoolState } from "./state.ts";
import { placeRefusal, waitingReason } from "./waiting.ts";

/** Executions that enter one pool before the engine handles other work. */
const RESERVED_AT_ONCE = 4;

/**
 * One pool of agents. It queues executions, gives each under a lease to an agent with a free slot, and detects lost agents.
 * The execution's own object decides what a loss means for the execution.
 */
export class RunnerPool extends DurableObject<Env> implements PoolStub {
  readonly #pool: PoolState;
  /** Executions enter the pool a few at a time, because each costs writes in several objects. */
  readonly #pace = new Pace(RESERVED_AT_ONCE);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openSchema(ctx, POOL_STEPS, () => beginSchema(ctx.storage, POOL_STEPS));
    this.#pool = new PoolState(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async reserve(executionId: string, wanted: Wanted, until_ms: number): Promise<string | undefined> {
    await this.#pace.turn();
    const refused = placeRefusal(this.#pool, executionId, wanted);
    if (refused === undefined) this.#pool.queue.step(executionId, { kind: "reserved", until_ms }, wanted);
    return refused;
  }

  async refusal(executionId: string, wanted: Wanted): Promise<string | undefined> {
    await this.#pace.turn();
    return placeRefusal(this.#pool, executionId, wanted);
  }

  async enqueue(executionId: string, wanted: Wanted): Promise<boolean> {
    if (placeRefusal(this.#pool, executionId, wanted) !== undefined) return false;
    this.#pool.queue.step(executionId, { kind: "enqueued" }, wanted);
    this.ctx.waitUntil(dispatch(this.#pool, kindOf(wanted)));
    return true;
  }

  async waiting(executionId: string, wanted: Wanted): Promise<string | undefined> {
    return waitingReason(this.#pool, executionId, wanted);
  }

  async withdraw(executionId: string, wanted: Wanted): Promise<string | undefined> {
    const reason = waitingReason(this.#pool, executionId, wanted);
    if (reason !== undefined) await act(this.#pool, executionId, { kind: "timed out" });
    return reason;
  }

  async cancel(executionId: string): Promise<boolean> {
    const effects = await act(this.#pool, executionId, { kind: "cancel" });
    return !effects.some(({ kind }) => kind === "unheld");
  }

  async release(executionId: string): Promise<void> {
    const agent_id = this.#pool.queue.get(executionId)?.agent_id;
    await act(this.#pool, executionId, { kind: "released" });
    if (agent_id) await released(this.#pool, agent_id);
    this.ctx.waitUntil(dispatch(this.#pool));
  }

  async flush(executionId: string, flush_ms: number): Promise<void> {
    const entry = this.#pool.queue.get(executionId);
    if (!entry?.agent_id) return;
    const { agent_id, epoch } = entry;
    this.#pool.tell(agent_id, { type: "flush", flush_ms, execution_id: executionId, epoch });
  }

  async presence(executionId: string, lease: Lease): Promise<Presence> {
    const { agents, queue } = this.#pool;
    const present = agents.present(Date.now());
    if (!present.some(({ agent_id }) => agent_id === lease.agent_id)) return "away";
    return isOf(queue.get(executionId), lease) ? "holding" : "connected";
  }

  async agents(): Promise<AgentState[]> {
    // While nothing runs, no alarm checks for lost agents.
    await tend(this.#pool, Date.now());
    const { agents, queue, roster } = this.#pool;
    const { unable } = agents;
    return agents.list().map(({ agent_id, protocol, ...agent }) => ({
      ...agent,
      ...(unable.has(agent_id) ? { unable: unable.get(agent_id) ?? "" } : {}),
      ...drainedOf(roster.drained.get(agent_id)),
      id: agent_id,
      protocol: protocol ?? 1,
      busy: queue.load.busyOf(agent_id),
      connected: true,
      last_seen: timestamp(agents.heard_ms(agent_id) ?? 0),
    }));
  }

  async enroll(legacyId?: string): Promise<string | undefined> {
    const { roster, queue } = this.#pool;
    if (roster.length >= AGENTS_KNOWN_MAX) return undefined;
    const has_work =
      legacyId !== undefined && !roster.isKnown(legacyId) && queue.ofAgent(legacyId).length > 0;
    const id = has_work ? legacyId : newId();
    roster.enroll(id);
    return id;
  }

  async ready(): Promise<void> {
    this.#pool.roster.touch();
  }

  async measure(): Promise<PoolMeasures> {
    return measure(this.#pool, Date.now());
  }

  async drained(): Promise<Record<string, Drained>> {
    return Object.fromEntries(this.#pool.roster.drained);
  }

  async drain(agentId: string, by: string): Promise<void> {
    await drain(this.#pool, agentId, by);
  }

  async resume(agentId: string): Promise<void> {
    this.#pool.roster.setDrained(agentId, undefined);
    await dispatch(this.#pool);
  }

  async strike(agentId: string): Promise<void> {
    this.#pool.roster.dismiss(agentId);
  }

  async dismiss(agentId: string): Promise<void> {
    await dismiss(this.#pool, agentId);
  }

  override async fetch(request: Request): Promise<Response> {
    const response = open(this.#pool, request);
    await this.#pool.watch(HELLO_MS_MAX);
    return response;
  }

  async drop(credential: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(credential)) {
      socket.close(DROPPED_CODE, DROPPED_REASON);
      await gone(this.#pool, socket);
    }
  }

  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await receive(this.#pool, socket, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await gone(this.#pool, socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await gone(this.#pool, socket);
  }

  /** Tends the sockets, the leases and the queue. */
  override async alarm(): Promise<void> {
    await tend(this.#pool, Date.now());
    await checkLeases(this.#pool);
    await dispatchCalmly(this.#pool);
    if (this.#pool.agents.isAwaiting) await this.#pool.watch(HELLO_MS_MAX);
  }
}

function drainedOf(drained: Drained | undefined): { drained?: Drained } {
  return drained === undefined ? {} : { drained };
}
