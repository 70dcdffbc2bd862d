import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { AgentMessage, type Hello, type LeaseKey, type PoolMessage } from "../../protocol/agent.ts";
import { issueText } from "../../protocol/batch.ts";
import type { AgentState } from "../../protocol/client.ts";
import { TailraceError } from "../../protocol/errors.ts";
import { parseJson } from "../../protocol/json.ts";
import { AGENT_MESSAGE_CHARS_MAX, AGENT_SILENCE_MS_MAX, AGENTS_MAX } from "../../protocol/limits.ts";
import { signLease } from "../auth/lease.ts";
import { countOpen, DROPPED_CODE, DROPPED_REASON, tagsOf } from "../auth/tags.ts";
import { executionStub } from "../execution/stub.ts";
import { beginSchema, openSchema } from "../storage/schema.ts";
import { type Agent, Agents } from "./agents.ts";
import { type Entry, Queue } from "./queue.ts";
import { POOL_STEPS } from "./schema.ts";

/** How often the pool looks for agents that have gone, while it waits for any; and tries again what failed. */
const WATCH_MS = AGENT_SILENCE_MS_MAX / 2;
const RETRY_MS = 1_000;

/**
 * One pool of agents: it queues executions, gives each to an agent with a free slot under a lease, and notices an
 * agent that has gone. The execution's own object decides what that means for the execution.
 */
export class RunnerPool extends DurableObject<Env> {
  readonly #queue: Queue;
  readonly #agents: Agents;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openSchema(ctx, POOL_STEPS, () => beginSchema(ctx.storage, POOL_STEPS));
    this.#queue = new Queue(ctx.storage.sql);
    this.#agents = new Agents(ctx);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Puts an execution into the queue; safe to repeat. */
  async enqueue(executionId: string, runner: string): Promise<void> {
    this.#queue.add(executionId, runner);
    this.ctx.waitUntil(this.#dispatch());
  }

  /** Tells the agent that runs it to end it. False: no agent has it, and none will get it any more. */
  async cancel(executionId: string): Promise<boolean> {
    const entry = this.#queue.get(executionId);
    if (!entry?.agent_id) {
      this.#queue.remove(executionId);
      return false;
    }
    this.#tell(entry.agent_id, { type: "cancel", execution_id: executionId, epoch: entry.epoch });
    return true;
  }

  /** The execution has completed: its slot is free. */
  async release(executionId: string): Promise<void> {
    this.#queue.remove(executionId);
    this.ctx.waitUntil(this.#dispatch());
  }

  /** Tells the agent that runs it how long to gather. */
  async flush(executionId: string, flush_ms: number): Promise<void> {
    const entry = this.#queue.get(executionId);
    if (!entry?.agent_id) return;
    this.#tell(entry.agent_id, { type: "flush", flush_ms, execution_id: executionId, epoch: entry.epoch });
  }

  /** The agents as they are now. */
  async agents(): Promise<AgentState[]> {
    return this.#agents.list().map((agent) => ({
      id: agent.agent_id,
      name: agent.name,
      version: agent.version,
      slots: agent.slots,
      busy: this.#queue.ofAgent(agent.agent_id).length,
      runners: agent.runners,
      labels: agent.labels,
      packs: agent.packs,
      connected: true,
    }));
  }

  async queueLength(): Promise<number> {
    return this.#queue.length;
  }

  /** An agent connects. The Worker has checked its key. */
  override async fetch(request: Request): Promise<Response> {
    if (this.#agents.count >= AGENTS_MAX) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#agents.accept(server, tagsOf(request));
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Sends the agents away that a key let in: it is void. Their close tells the rest. */
  async drop(credential: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(credential)) {
      socket.close(DROPPED_CODE, DROPPED_REASON);
      await this.#gone(socket);
    }
  }

  /** How many agents a key has let in. */
  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const said = readMessage(message);
    if (said instanceof TailraceError) return refuse(socket, said);
    if (said.type === "hello") await this.#welcome(socket, said);
    else this.#queue.accept(said.execution_id, said.epoch);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#gone(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#gone(socket);
  }

  /** Looks for agents that fell silent, for leases whose agent never came back after a restart, and for waiting work. */
  override async alarm(): Promise<void> {
    for (const socket of this.#agents.silent(Date.now())) {
      socket.close(1001, "silent");
      await this.#gone(socket);
    }
    for (const entry of this.#queue.leased()) {
      if (entry.agent_id && !this.#agents.socketOf(entry.agent_id)) await this.#lost(entry);
    }
    await this.#dispatch();
  }

  /** Takes an agent in: what it holds is confirmed or voided, what it should hold and does not is given away or abandoned. */
  async #welcome(socket: WebSocket, hello: Hello): Promise<void> {
    const { agent_id } = hello;
    if (agent_id === undefined)
      return refuse(socket, new TailraceError("invalid", "The hello has no agent_id."));
    const replaced = this.#agents.identify(socket, agent_id, hello);
    replaced?.close(1000, "replaced by a newer connection of the same agent");
    send(socket, { type: "welcome", pool: this.#name });
    const held = new Map(hello.leases.map((lease) => [lease.execution_id, lease.epoch]));
    for (const entry of this.#queue.ofAgent(agent_id)) {
      if (held.get(entry.execution_id) === entry.epoch) this.#queue.accept(entry.execution_id, entry.epoch);
      else await this.#notHeld(entry);
    }
    for (const lease of hello.leases) await this.#confirm(socket, lease, agent_id);
    await this.#dispatch();
  }

  /** The execution says whether a lease is still the agent's; it may have ended while the agent was away. */
  async #confirm(socket: WebSocket, lease: LeaseKey, agentId: string): Promise<void> {
    const { execution_id, epoch } = lease;
    const { held, cancel } = await executionStub(this.env, execution_id).agentBack(epoch);
    if (!held) return send(socket, { type: "void", execution_id, epoch });
    const claims = { execution_id, epoch, agent_id: agentId, pool: this.#name };
    const token = await signLease(claims, this.env.TAILRACE_SECRET);
    send(socket, { type: "resume", token, execution_id, epoch });
    if (cancel) send(socket, { type: "cancel", execution_id, epoch });
  }

  /** The agent does not have what it was given: never received, so another may; or received and forgotten. */
  async #notHeld(entry: Entry): Promise<void> {
    if (!(await this.#isTaken(entry))) return this.#queue.putBack(entry.execution_id);
    await executionStub(this.env, entry.execution_id).abandon(entry.epoch, "agent_restarted");
    this.#queue.remove(entry.execution_id);
  }

  /** Whether an agent has taken a lease on. It says so, but that may be lost with the socket, and the start is not. */
  async #isTaken({ accepted, execution_id, epoch }: Entry): Promise<boolean> {
    return accepted || (await executionStub(this.env, execution_id).hasStarted(epoch));
  }

  async #gone(socket: WebSocket): Promise<void> {
    const agent = this.#agents.remove(socket);
    if (!agent) return;
    for (const entry of this.#queue.ofAgent(agent.agent_id)) await this.#lost(entry);
    await this.#dispatch();
  }

  /** An agent that has taken the lease on has the grace time to come back; one that has not never got it. */
  async #lost(entry: Entry): Promise<void> {
    const { execution_id, epoch } = entry;
    if (!(await this.#isTaken(entry))) return this.#queue.putBack(execution_id);
    this.#queue.accept(execution_id, epoch);
    await executionStub(this.env, execution_id).agentLost(epoch);
  }

  /** Gives what waits, oldest first, to whoever has a slot for it. */
  async #dispatch(): Promise<void> {
    for (const entry of this.#queue.waiting()) {
      const agent = this.#agents.free(entry.runner, (id) => this.#queue.ofAgent(id).length, Date.now());
      if (!agent) continue;
      const epoch = this.#queue.lease(entry.execution_id, agent.agent_id);
      if (epoch !== undefined) await this.#give({ execution_id: entry.execution_id, epoch }, agent);
    }
    // What waits for an agent needs no alarm: the agent's hello is what it waits for.
    if (this.#queue.leased().length > 0) await this.#watch(WATCH_MS);
  }

  async #give({ execution_id, epoch }: LeaseKey, { agent_id, name }: Agent): Promise<void> {
    try {
      const execution = await executionStub(this.env, execution_id).lease(epoch, { id: agent_id, name });
      if (!execution) return this.#queue.remove(execution_id);
      const claims = { execution_id, epoch, agent_id, pool: this.#name };
      const token = await signLease(claims, this.env.TAILRACE_SECRET);
      this.#tell(agent_id, { type: "lease", token, execution });
    } catch (error) {
      console.error(`execution ${execution_id}: not given yet: ${error}`);
      this.#queue.putBack(execution_id);
      await this.#watch(RETRY_MS);
    }
  }

  #tell(agentId: string, message: PoolMessage): void {
    const socket = this.#agents.socketOf(agentId);
    if (socket) send(socket, message);
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

function send(socket: WebSocket, message: PoolMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Tells an agent why its connection ends. */
function refuse(socket: WebSocket, why: TailraceError): void {
  send(socket, { type: "error", ...why.toBody() });
  socket.close(1008, why.code);
}

function readMessage(message: string | ArrayBuffer): AgentMessage | TailraceError {
  if (typeof message !== "string" || message.length > AGENT_MESSAGE_CHARS_MAX)
    return new TailraceError("invalid");
  let value: unknown;
  try {
    value = parseJson(message);
  } catch (error) {
    if (error instanceof TailraceError) return error;
    return new TailraceError("invalid", "The message is not JSON.");
  }
  const parsed = v.safeParse(AgentMessage, value);
  return parsed.success ? parsed.output : new TailraceError("invalid", issueText(parsed.issues[0]));
}
