import { DurableObject } from "cloudflare:workers";
import { FOLLOWERS_MAX } from "../../protocol/base/limits.ts";
import type { Status } from "../../protocol/base/status.ts";
import type { Execution as ExecutionDocument } from "../../protocol/model/execution.ts";
import type { EndExecution, ExpandExecution } from "../../protocol/wire/agent.ts";
import type { AppendResult } from "../../protocol/wire/append.ts";
import type { AuditRecord } from "../index/audit.ts";
import type {
  CancelResult,
  ChildEnd,
  CreateResult,
  ExecutionStub,
  PauseResult,
  RedactResult,
  Summary,
  UpdateResult,
  Waiting,
} from "../objects/execution.ts";
import type { AbandonReason, GiveResult, LeaseHolder } from "../objects/lease.ts";
import type { BatchHead, LinesPage, LinesWish } from "../objects/log.ts";
import type { Wanted } from "../objects/pool.ts";
import type { Birth, ExecutionSpec } from "../objects/spec.ts";
import { countOpen, tagsOf } from "../sockets/tags.ts";
import { openSchema } from "../storage/schema.ts";
import { statusEvent } from "./log/events.ts";
import { NO_TOTALS } from "./log/totals.ts";
import { readWish } from "./log/wish.ts";
import { type Parts, partsOf } from "./parts.ts";
import { executionSteps } from "./state/schema.ts";
import { Vault } from "./state/vault.ts";
import { isDue } from "./timekeeper.ts";

/**
 * One execution: what others call of it, its followers' sockets, and its one alarm. Each of its parts owns what it is about;
 * here is who is asked for what. Every method that changes something stores it before it answers.
 */
export class Execution extends DurableObject<Env> implements ExecutionStub {
  #parts!: Parts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const vault = new Vault(env);
    const steps = executionSteps(vault);
    openSchema(ctx, steps, () => {
      this.#parts = partsOf(ctx, env, vault, steps);
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Makes the execution, its row in the index, and its place in the queue (once its delay is over; none where it has
   * failed already), and the entry of the audit log that tells of it; safe to repeat. Refused, with nothing made, without an
   * index or a disk that has room.
   */
  async create(spec: ExecutionSpec, birth: Birth = {}, audit?: AuditRecord): Promise<CreateResult> {
    return this.#parts.creation.make(spec, birth, audit);
  }

  /** The document; secret values stand in it only where they are asked for. */
  async get({ show_secrets = false } = {}): Promise<ExecutionDocument | undefined> {
    const { record } = this.#parts;
    return record.state && record.document(record.state, show_secrets);
  }

  async spec(): Promise<ExecutionSpec | undefined> {
    return this.#parts.record.state?.spec;
  }

  /** For whom and where it runs, and what it may do. */
  async run(): Promise<Pick<ExecutionSpec, "context" | "pool" | "rights"> | undefined> {
    const spec = this.#parts.record.state?.spec;
    return (
      spec && { context: spec.context, pool: spec.pool, ...(spec.rights ? { rights: spec.rights } : {}) }
    );
  }

  /** Why it waits for an agent, and since when; undefined where it does not. */
  async waiting(): Promise<Waiting | undefined> {
    return this.#parts.queueing.waiting();
  }

  /** How it stands, once it is certain that there is one: a parent that asks for a child relies on it. */
  async summary(): Promise<Summary | undefined> {
    const { record, creation } = this.#parts;
    await creation.settled();
    return record.state && record.summary(record.state);
  }

  /** Whole batches before a sequence number, about a page; for readers that start at the last lines. */
  async pageBefore(seq: number): Promise<{ body: string; first_seq: number } | undefined> {
    return this.#parts.log.pageBefore(seq);
  }

  /** Whole batches around a line, or the last ones; for readers that go to and fro. */
  async linesPage(wish: LinesWish): Promise<LinesPage> {
    const { record, log } = this.#parts;
    return record.state ? log.linesPage(wish) : { batches: [], total: NO_TOTALS.lines, last_seq: 0 };
  }

  /** The pool gives the execution to an agent. */
  async lease(holder: LeaseHolder, agent_name: string): Promise<GiveResult> {
    return this.#parts.lease.give(holder, agent_name);
  }

  /** Whether the holder's lease is in force. */
  async holdsLease(holder: LeaseHolder): Promise<boolean> {
    return this.#parts.lease.holds(holder);
  }

  /** The agent has started the process. */
  async start(holder: LeaseHolder): Promise<AppendResult> {
    return this.#parts.lease.start(holder);
  }

  /** Voids a lease whose agent has not started the process. False, with nothing done: it has. */
  async unlease(holder: LeaseHolder): Promise<boolean> {
    return this.#parts.lease.unlease(holder);
  }

  /** Appends a checked batch: one row, then the push. */
  async append(holder: LeaseHolder, head: BatchHead, body: string): Promise<AppendResult> {
    return this.#parts.lease.append(holder, head, body);
  }

  /** The agent found that it is for several hosts: each becomes a child, and the lease is over. */
  async expand(holder: LeaseHolder, plan: ExpandExecution): Promise<AppendResult> {
    return this.#parts.lease.expand(holder, plan);
  }

  /** The agent ends the execution, once the log holds all that it produced. Safe to repeat. */
  async end(holder: LeaseHolder, end: EndExecution): Promise<AppendResult> {
    return this.#parts.lease.end(holder, end);
  }

  /** The pool has lost sight of the agent, which it heard last at a moment: it has the grace time to come back, by its socket or with output. */
  async agentLost(holder: LeaseHolder, heard_ms: number): Promise<void> {
    this.#parts.lease.agentLost(holder, heard_ms);
  }

  /** The agent is back, and still runs it. Tells whether it missed a cancel, or has lost the lease since. */
  async agentBack(holder: LeaseHolder): Promise<{ held: boolean; cancel: boolean; wanted?: Wanted }> {
    return this.#parts.lease.agentBack(holder);
  }

  /** The agent will never end it: the log says that something may be missing, and the execution is abandoned. */
  async abandon(holder: LeaseHolder, reason: AbandonReason): Promise<boolean> {
    return this.#parts.lease.abandon(holder, reason);
  }

  /** A child's output comes into this log too, each batch once, whatever is repeated. */
  async appendFromChild(
    id: string,
    head: BatchHead,
    body: string,
  ): Promise<{ next: number; watched: boolean }> {
    const { family, followers } = this.#parts;
    return { next: family.take(id, head, body), watched: followers.count > 0 };
  }

  /** A child has ended, and all its output is here. Safe to repeat. */
  async childEnded(id: string, end: ChildEnd): Promise<void> {
    this.#parts.family.ended(id, end);
    this.#parts.family.wake();
  }

  /** A child pauses, and all its output so far is here. Safe to repeat. */
  async childPaused(id: string): Promise<void> {
    await this.#parts.family.paused(id);
    this.#parts.family.wake();
  }

  /** Somebody asks to cancel. What is not with an agent yet is canceled at once. */
  async cancel(user: string): Promise<CancelResult> {
    return this.#parts.course.cancel(user);
  }

  /** Somebody asks a chain to pause: it does once the task that runs has ended, or pauses itself. */
  async pause(user: string): Promise<PauseResult> {
    return this.#parts.course.steer("pause", user);
  }

  /** Somebody asks a chain that pauses to go on. */
  async resume(user: string): Promise<PauseResult> {
    return this.#parts.course.steer("resume", user);
  }

  /** Somebody outside says how it stands, who runs it himself. An agent that has it is told to end it. */
  async update(status: Status, result: Record<string, unknown> = {}): Promise<UpdateResult> {
    return this.#parts.course.update(status, result);
  }

  /** Keeps the execution whatever its time, or lets it go; undefined where there is none any more. */
  async pin(pinned: boolean): Promise<ExecutionDocument | undefined> {
    const { state } = this.#parts.record;
    if (state) this.#parts.retention.pin(state, pinned);
    return this.get();
  }

  /** Takes texts out of all that is stored of it, and of what is below it; undefined where there is none any more. */
  async redact(texts: string[]): Promise<RedactResult | undefined> {
    const { record, redaction } = this.#parts;
    return record.state && redaction.redact(texts);
  }

  /** A follower connects, with its wish in the address. The Worker has let it through. */
  override async fetch(request: Request): Promise<Response> {
    const { record, followers, delivery, timekeeper } = this.#parts;
    const { state } = record;
    if (!state || state.expired) return new Response(null, { status: state ? 410 : 404 });
    if (followers.count >= FOLLOWERS_MAX) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    const watched = followers.count > 0;
    const wish = readWish(new URL(request.url).searchParams);
    followers.add(server, wish, statusEvent(state), tagsOf(request));
    if (!watched && followers.count > 0) delivery.askForOutput(state);
    if (wish.ping_ms !== undefined) timekeeper.followed(state.timers);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Ends the followers that a credential let in: it is void. */
  async drop(credential: string): Promise<void> {
    this.#parts.followers.drop(credential);
  }

  /** How many followers a credential has let in. */
  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#parts.followers.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#parts.followers.remove(socket);
    // A reader that leaves waits for this answer: the runtime gives none to a hibernatable socket.
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#parts.followers.remove(socket);
  }

  /** One alarm for all timers: what is due is done, then the next is set. */
  override async alarm(): Promise<void> {
    const {
      record,
      creation,
      timekeeper,
      lease,
      retention,
      course,
      delivery,
      family,
      queueing,
      redaction,
      followers,
    } = this.#parts;
    if (record.half) return creation.due();
    const { state } = record;
    if (!state) return;
    const { timers } = state;
    const now_ms = Date.now();
    timekeeper.rang();
    followers.tend(now_ms);
    if (isDue(timers.lease, now_ms)) await lease.due(state, now_ms);
    if (isDue(timers.expiry, now_ms)) retention.expire(state, now_ms);
    if (isDue(timers.delay, now_ms)) course.delayOver(state, now_ms);
    if (isDue(timers.queue ?? null, now_ms)) await queueing.due(state);
    if (isDue(timers.outbox, now_ms)) delivery.due(state, now_ms);
    if (isDue(timers.family, now_ms)) await family.tend();
    if (isDue(timers.redaction ?? null, now_ms)) await redaction.tend();
    if (isDue(timers.removal, now_ms)) await retention.remove(state, now_ms);
    else timekeeper.keep(timers);
  }
}
