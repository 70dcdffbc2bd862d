import { DurableObject } from "cloudflare:workers";
import { CHAIN_RUNNER } from "../../protocol/action.ts";
import type { EndExecution, ExpandExecution, LeasedExecution } from "../../protocol/agent.ts";
import { type Acknowledgement, type AppendResult, placeBatch } from "../../protocol/append.ts";
import type { Execution as ExecutionDocument } from "../../protocol/execution.ts";
import { FLUSH_UNWATCHED_MS, FLUSH_WATCHED_MS, FOLLOWERS_MAX } from "../../protocol/limits.ts";
import type { Tombstone } from "../../protocol/retention.ts";
import { isCompleted, mayFollow, type Status } from "../../protocol/status.ts";
import { countOpen, tagsOf } from "../auth/tags.ts";
import { writeRow } from "../index/executions.ts";
import { adoptedBatches } from "./adopted.ts";
import { ChainRun } from "./chain/run.ts";
import { isChain } from "./chain/task.ts";
import { documentAt, toExecution } from "./document.ts";
import { endEvent, gapBatch, statusEvent } from "./events.ts";
import { FAMILY_RETRY_MS, Family, type FamilyEnd } from "./family.ts";
import { Followers, type FollowWish } from "./followers.ts";
import { HostRun, planHosts } from "./hosts.ts";
import { keepingOf } from "./keeping.ts";
import type { LinesPage, LinesWish } from "./lines-page.ts";
import { type BatchHead, Log } from "./log.ts";
import { deliver, OUTBOX_RETRY_MS, owes } from "./outbox.ts";
import { Retention, tombstoneOf } from "./retention.ts";
import { secretsOf } from "./secrets.ts";
import {
  type Birth,
  catchUp,
  changed,
  changeStatus,
  type ExecutionSpec,
  type ExecutionState,
  newState,
} from "./state.ts";
import { type PauseResult, steer } from "./steer.ts";
import { Timekeeper } from "./timekeeper.ts";
import { NO_TOTALS, type Totals } from "./totals.ts";
import { type ChildEnd, Upstream } from "./upstream.ts";

/** What a reader must know before it follows. */
export interface Standing {
  status: Status;
  completed: boolean;
  /** What is left of the output, once it has expired. */
  expired: Tombstone | undefined;
  totals: Totals;
  action_ref: string;
  runner_ref: string;
}

/** What came of a cancel: the document, or why it cannot be. */
export type CancelResult =
  | { kind: "canceled"; execution: ExecutionDocument }
  | { kind: "refused"; status: Status };

/** What came of an update from outside: the document, or the status in which it cannot be. */
export type UpdateResult =
  | { kind: "updated"; execution: ExecutionDocument }
  | { kind: "refused"; status: Status };

/**
 * One execution: its document, its ordered chunks, its followers, its one alarm. It wires together what owns each of
 * these, and is the authority on the status. Every method that changes something stores it before it answers.
 */
export class Execution extends DurableObject<Env> {
  readonly #log: Log;
  readonly #followers: Followers;
  readonly #timekeeper: Timekeeper;
  readonly #family: Family;
  readonly #retention: Retention;
  #parent: Upstream | undefined;
  #delivering: Promise<void> | undefined;
  #undelivered = false;
  #state: ExecutionState | undefined;
  /** When the agent was last heard, by this instance. */
  #heard_ms = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#state = ctx.storage.kv.get<ExecutionState>("state");
    this.#log = new Log(ctx.storage, {
      exists: this.#state !== undefined,
      bytes_max: () => this.#state?.keeping.output_bytes_max ?? 0,
    });
    this.#followers = new Followers(
      ctx,
      this.#log,
      () => this.#state && endEvent(this.#state, this.#totals(this.#state)),
    );
    this.#timekeeper = new Timekeeper(ctx.storage);
    this.#family = new Family(ctx.storage.sql, {
      env,
      state: () => this.#state,
      save: (state) => this.#save(state),
      policy: (state, children) =>
        state.family?.kind === "hosts"
          ? new HostRun(state.spec, state.family, children)
          : new ChainRun({ env, kv: ctx.storage.kv, children, state, grown: () => this.#grown(state) }),
      change: (state, status) => this.#pass(state, status),
      complete: (state, end) => this.#endFamily(state, end),
    });
    this.#retention = new Retention({
      storage: ctx.storage,
      index: env.INDEX,
      log: this.#log,
      followers: this.#followers,
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Makes the execution, its row in the index, and its place in the queue (once its delay is over; none where it has
   * failed already); safe to repeat. Undefined, with nothing made, without an index.
   */
  async create(spec: ExecutionSpec, birth: Birth = {}): Promise<ExecutionDocument | undefined> {
    if (this.#state) return this.#document(this.#state);
    const state = newState(spec, keepingOf(this.env, spec.action, spec.retention), Date.now(), birth);
    this.#state = state;
    this.#log.create();
    try {
      await writeRow(this.env.INDEX, this.#document(state), state.version);
    } catch (error) {
      console.error(`execution ${spec.id}: not created: ${error}`);
      this.#state = undefined;
      await this.ctx.storage.deleteAll();
      return undefined;
    }
    state.outbox.index = false;
    if (birth.failure !== undefined) this.#complete(state, "failed", { error: birth.failure });
    else this.#save(state);
    await this.#deliver();
    return this.#document(state);
  }

  /** The document; secret values stand in it only where they are asked for. */
  async get({ show_secrets = false } = {}): Promise<ExecutionDocument | undefined> {
    return this.#state && this.#document(this.#state, show_secrets);
  }

  async spec(): Promise<ExecutionSpec | undefined> {
    return this.#state?.spec;
  }

  async standing(): Promise<Standing | undefined> {
    const state = this.#state;
    if (!state) return undefined;
    return {
      status: state.status,
      completed: isCompleted(state.status),
      expired: tombstoneOf(state),
      totals: this.#totals(state),
      action_ref: state.spec.action.ref,
      runner_ref: state.spec.runner.name,
    };
  }

  /** Whole batches before a sequence number, about a page; for readers that start at the last lines. */
  async pageBefore(seq: number): Promise<{ body: string; first_seq: number } | undefined> {
    return this.#log.pageBefore(seq);
  }

  /** Whole batches around a line, or the last ones; for readers that go to and fro. */
  async linesPage(wish: LinesWish): Promise<LinesPage> {
    return this.#state ? this.#log.linesPage(wish) : { batches: [], total: NO_TOTALS.lines, last_seq: 0 };
  }

  /** The pool gives the execution to an agent. Undefined: it is no longer to be run. */
  async lease(epoch: number, agent: { id: string; name: string }): Promise<LeasedExecution | undefined> {
    const state = this.#state;
    if (!state || (state.lease && state.lease.epoch >= epoch)) return undefined;
    // The agent that had it before never took it on, so there is nothing left to end.
    if (state.status === "canceling") this.#complete(state, "canceled", cancelResult(state.canceled_by));
    if (state.status !== "requested" && state.status !== "scheduled") return undefined;
    if (state.status === "requested") changeStatus(state, "scheduled", Date.now());
    state.lease = { epoch, agent_id: agent.id, agent_name: agent.name };
    state.timers.lease = null;
    this.#settle(state);
    const { action, resolved, context } = state.spec;
    const { chain: _, runner_type, ...given } = action;
    if (runner_type === CHAIN_RUNNER) throw new Error("a chain is given to no agent");
    return {
      execution_id: state.spec.id,
      epoch,
      action: { ...given, runner_type },
      user: context.user,
      context,
      ...(state.spec.parent?.host === undefined ? {} : { host: state.spec.parent.host }),
      stream_output: state.keeping.stream_output,
      runner_parameters: resolved.runner,
      action_parameters: resolved.action,
    };
  }

  /** The agent has started the process. */
  async start(epoch: number): Promise<AppendResult> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return this.#refusal(state);
    if (changeStatus(state, "running", Date.now())) this.#settle(state);
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** Whether the agent of this lease has started the process, whatever has become of it since. */
  async hasStarted(epoch: number): Promise<boolean> {
    const state = this.#state;
    return state?.lease?.epoch === epoch && state.log.some(({ status }) => status === "running");
  }

  /** Appends a checked batch: one row, then the push. No line of it is looked at here. */
  async append(epoch: number, head: BatchHead, body: string): Promise<AppendResult> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return this.#refusal(state);
    // An agent that sends what nobody wants goes on as if it were held.
    if (!state.keeping.stream_output)
      return { kind: "held", ...this.#acknowledge(state), next: head.last_seq + 1 };
    const placement = placeBatch(this.#log.next, head.first_seq, head.last_seq);
    if (placement === "gap") return { kind: "gap", next: this.#log.next };
    if (placement === "held") return { kind: "held", ...this.#acknowledge(state) };
    this.#store(head, body);
    return { kind: "appended", ...this.#acknowledge(state) };
  }

  /** Whether the lease of this epoch is in force. */
  async holdsLease(epoch: number): Promise<boolean> {
    return typeof this.#underLease(epoch) !== "string";
  }

  /** The agent found that it is for several hosts: each becomes a child, and the lease is over. */
  async expand(epoch: number, { hosts, ...plan }: ExpandExecution): Promise<AppendResult> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return this.#refusal(state);
    planHosts(this.#family.children, hosts);
    state.family = { kind: "hosts", ...plan };
    state.lease = null;
    state.outbox.pool = "release";
    changeStatus(state, "running", Date.now());
    state.timers.family = Date.now() + FAMILY_RETRY_MS;
    this.#settle(state);
    this.ctx.waitUntil(this.#family.tend());
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** A child's output comes into this log too, each batch once, whatever is repeated. */
  async appendFromChild(
    id: string,
    head: BatchHead,
    body: string,
  ): Promise<{ next: number; watched: boolean }> {
    const next = this.#family.take(id, head, (name) => {
      const label = { execution_id: id, name };
      const own = adoptedBatches({ head, body }, this.#log.next, label);
      for (const batch of own) this.#store(batch.head, batch.body);
    });
    return { next, watched: this.#followers.count > 0 };
  }

  /** A child has ended, and all its output is here. Safe to repeat. */
  async childEnded(id: string, end: ChildEnd): Promise<void> {
    this.#family.ended(id, end);
    this.ctx.waitUntil(this.#family.tend());
  }

  /** A child pauses, and all its output so far is here. Safe to repeat. */
  async childPaused(id: string): Promise<void> {
    await this.#family.paused(id);
    this.ctx.waitUntil(this.#family.tend());
  }

  /** The agent ends the execution, once the log holds all that it produced. Safe to repeat. */
  async end(epoch: number, end: EndExecution): Promise<AppendResult> {
    const state = this.#underLease(epoch);
    if (state === "ended") return { kind: "held", next: this.#log.next, cancel: false, flush_ms: 0 };
    if (state === "lease_lost") return { kind: "lease_lost" };
    const is_whole = end.last_seq === this.#log.totals.last_seq;
    if (state.keeping.stream_output && !is_whole) return { kind: "gap", next: this.#log.next };
    if (state.status === "scheduled") changeStatus(state, "running", Date.now());
    state.exit_code = end.exit_code;
    const canceled = end.status === "canceled" && state.canceled_by !== null;
    this.#complete(
      state,
      end.status,
      canceled ? { ...end.result, ...cancelResult(state.canceled_by) } : end.result,
    );
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** Somebody asks to cancel. What is not with an agent yet is canceled at once. */
  async cancel(user: string): Promise<CancelResult> {
    const state = this.#state;
    if (!state) throw new Error("no such execution");
    if (state.status === "canceled") return { kind: "canceled", execution: this.#document(state) };
    if (isCompleted(state.status) || state.status === "canceling")
      return { kind: "refused", status: state.status };
    state.canceled_by = user;
    state.spec.context.cancelled_by = user;
    if (state.status === "requested" || state.status === "delayed")
      this.#complete(state, "canceled", cancelResult(user));
    else {
      changeStatus(state, "canceling", Date.now());
      this.ctx.storage.kv.put("result", cancelResult(user));
      if (!state.family) state.outbox.pool = "cancel";
      this.#settle(state);
      if (state.family) this.ctx.waitUntil(this.#family.tend());
    }
    return { kind: "canceled", execution: this.#document(state) };
  }

  /** Somebody asks a chain to pause: it does once the task that runs has ended, or pauses itself. */
  async pause(user: string): Promise<PauseResult> {
    return this.#steer("pause", user);
  }

  /** Somebody asks a chain that pauses to go on. */
  async resume(user: string): Promise<PauseResult> {
    return this.#steer("resume", user);
  }

  /** Somebody outside says how it stands, who runs it himself. An agent that has it is told to end it. */
  async update(status: Status, result: Record<string, unknown> = {}): Promise<UpdateResult> {
    const state = this.#state;
    if (!state) throw new Error("no such execution");
    // What has children ends with the last of them.
    if (isCompleted(state.status) || state.family) return { kind: "refused", status: state.status };
    const now_ms = Date.now();
    if (mayFollow("running", status) || status === "running") catchUp(state, now_ms);
    if (isCompleted(status) && mayFollow(state.status, status)) {
      const { pool, id } = state.spec;
      if (state.lease) this.ctx.waitUntil(this.env.RUNNER_POOL.getByName(pool).cancel(id));
      this.#complete(state, status, result);
    } else if (state.status === status || changeStatus(state, status, now_ms)) this.#settle(state);
    else return { kind: "refused", status: state.status };
    return { kind: "updated", execution: this.#document(state) };
  }

  /** Keeps the execution whatever its time, or lets it go; undefined where there is none any more. */
  async pin(pinned: boolean): Promise<ExecutionDocument | undefined> {
    const state = this.#state;
    if (!state) return undefined;
    if (this.#retention.pin(state, pinned, Date.now())) this.#tell(state);
    return this.#document(state);
  }

  /** The pool has lost sight of the agent: it has the grace time to come back, by its socket or with output. */
  async agentLost(epoch: number): Promise<void> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return;
    state.timers.lease ??= Date.now() + this.env.LEASE_GRACE_SECONDS * 1000;
    this.#save(state);
  }

  /** The agent is back, and still runs it. Tells whether it missed a cancel, or lost the lease meanwhile. */
  async agentBack(epoch: number): Promise<{ held: boolean; cancel: boolean }> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return { held: state === "ended", cancel: false };
    state.timers.lease = null;
    this.#save(state);
    return { held: true, cancel: state.status === "canceling" };
  }

  /** The agent will never end it: the log says that something may be missing, and the execution is abandoned. */
  async abandon(epoch: number, reason: "agent_lost" | "agent_restarted"): Promise<void> {
    const state = this.#underLease(epoch);
    if (typeof state === "string") return;
    const { head, body } = gapBatch(this.#log.next, reason);
    this.#store(head, body);
    const error = `The agent "${state.lease?.agent_name}" was lost while it ran the action, and did not come back.`;
    this.#complete(state, "abandoned", { failed: true, succeeded: false, error });
  }

  /** A follower connects: `?after=SEQ&follow=true|false&credit_max=CHARS`. The Worker has let it through. */
  override async fetch(request: Request): Promise<Response> {
    const state = this.#state;
    if (!state || state.expired) return new Response(null, { status: state ? 410 : 404 });
    if (this.#followers.count >= FOLLOWERS_MAX) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    const watched = this.#followers.count > 0;
    const wish = readWish(new URL(request.url).searchParams);
    this.#followers.add(server, wish, statusEvent(state), tagsOf(request));
    if (!watched && this.#followers.count > 0) this.ctx.waitUntil(this.#askForOutput(state));
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Ends the followers that a credential let in: it is void. */
  async drop(credential: string): Promise<void> {
    this.#followers.drop(credential);
  }

  /** How many followers a credential has let in. */
  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#followers.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#followers.remove(socket);
    // A reader that leaves waits for this answer: the runtime gives none to a hibernatable socket.
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#followers.remove(socket);
  }

  /** One alarm for all timers: what is due is done, then the next is set. */
  override async alarm(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    const now_ms = Date.now();
    this.#timekeeper.rang();
    if (isDue(state.timers.lease, now_ms)) await this.#leaseDue(state, now_ms);
    if (isDue(state.timers.expiry, now_ms)) {
      this.#retention.expire(state, now_ms);
      this.#tell(state);
    }
    if (isDue(state.timers.delay, now_ms)) this.#delayOver(state, now_ms);
    if (isDue(state.timers.outbox, now_ms)) await this.#deliver();
    if (isDue(state.timers.family, now_ms)) await this.#family.tend();
    if (isDue(state.timers.removal, now_ms)) await this.#remove(state, now_ms);
    else this.#timekeeper.keep(state.timers);
  }

  async #leaseDue(state: ExecutionState, now_ms: number): Promise<void> {
    const quiet_until_ms = this.#heard_ms + this.env.LEASE_GRACE_SECONDS * 1000;
    if (quiet_until_ms > now_ms) {
      state.timers.lease = quiet_until_ms;
      this.#save(state);
    } else if (state.lease) await this.abandon(state.lease.epoch, "agent_lost");
  }

  #delayOver(state: ExecutionState, now_ms: number): void {
    changeStatus(state, "requested", now_ms);
    state.timers.delay = null;
    state.outbox.pool = "enqueue";
    this.#settle(state);
  }

  /** Begins a chain: from here on it is its family that brings it on. Safe to repeat. */
  #begin(state: ExecutionState): void {
    if (state.family) return;
    state.family = { kind: "chain" };
    state.timers.family = Date.now() + FAMILY_RETRY_MS;
    catchUp(state, Date.now());
    this.#settle(state);
    this.ctx.waitUntil(this.#family.tend());
  }

  #steer(what: "pause" | "resume", user: string): PauseResult {
    const state = this.#state;
    if (!state) throw new Error("no such execution");
    const wish = steer(state, what, user);
    if (wish.kind === "refused") return wish;
    if (wish.kind === "change") {
      this.#pass(state, wish.status);
      this.ctx.waitUntil(this.#family.tend());
    }
    return { kind: "taken", execution: this.#document(state) };
  }

  /** Takes a status on the way; a parent learns of a pause. */
  #pass(state: ExecutionState, status: Status): void {
    if (!changeStatus(state, status, Date.now())) return;
    if (status === "paused") state.outbox.parent = state.spec.parent !== undefined;
    this.#settle(state);
  }

  /** There is another child: the document says so. */
  #grown(state: ExecutionState): void {
    changed(state);
    this.#tell(state);
  }

  /** The last child has ended, and with it the parent. */
  #endFamily(state: ExecutionState, { status: outcome, result, secrets }: FamilyEnd): void {
    // What was to be canceled is, however the last of the children came to its end.
    const status = state.status === "canceling" ? "canceled" : outcome;
    state.exit_code = status === "succeeded" ? 0 : null;
    const canceled = status === "canceled" ? cancelResult(state.canceled_by) : {};
    this.ctx.storage.kv.put("secrets", secrets);
    this.#complete(state, status, { ...result, ...canceled });
  }

  async #remove(state: ExecutionState, now_ms: number): Promise<void> {
    await this.#deliver();
    if (await this.#retention.remove(state, now_ms)) this.#state = undefined;
    else this.#tell(state);
  }

  /** The state, if the lease of this epoch is in force. */
  #underLease(epoch: number): ExecutionState | "lease_lost" | "ended" {
    const state = this.#state;
    if (!state || state.lease?.epoch !== epoch) return "lease_lost";
    if (isCompleted(state.status)) return "ended";
    this.#heard_ms = Date.now();
    return state;
  }

  #refusal(why: "lease_lost" | "ended"): AppendResult {
    return why === "ended" ? { kind: "ended", next: this.#log.next } : { kind: "lease_lost" };
  }

  /** One row, then the push, then the parent. */
  #store(head: BatchHead, body: string): void {
    if (this.#state?.keeping.stream_output === false) return;
    this.#log.append(head, body);
    this.#followers.push(body);
    const upstream = this.#upstream;
    // What cannot be brought now is brought with what comes next, or with the end, which the alarm tries again.
    if (upstream) this.ctx.waitUntil(upstream.forward().catch(() => undefined));
  }

  get #upstream(): Upstream | undefined {
    const spec = this.#state?.spec;
    if (spec?.parent) this.#parent ??= new Upstream(this.env, this.#log, spec.id, spec.parent.id);
    return this.#parent;
  }

  #acknowledge(state: ExecutionState): Acknowledgement {
    const watched = this.#followers.count > 0 || this.#upstream?.watched === true;
    const flush_ms = watched ? FLUSH_WATCHED_MS : FLUSH_UNWATCHED_MS;
    return { next: this.#log.next, cancel: state.status === "canceling", flush_ms };
  }

  /** The last change of all: status, result and expiry in one write, after the last output; then the followers end. */
  #complete(state: ExecutionState, status: Status, result: Record<string, unknown>): void {
    const now_ms = Date.now();
    if (!changeStatus(state, status, now_ms)) throw new Error(`${state.status} does not become ${status}`);
    this.#retention.begin(state, now_ms);
    if (!state.family) state.outbox.pool = "release";
    state.outbox.parent = state.spec.parent !== undefined;
    this.ctx.storage.kv.put("result", result);
    this.#settle(state);
    this.#followers.end();
  }

  /** Stores a changed status, tells the followers, and tells the others once this event is done. */
  #settle(state: ExecutionState): void {
    const event = statusEvent(state);
    if (event) this.#followers.announce(event);
    this.#tell(state);
  }

  /** Stores what has changed, and tells the others once this event is done. */
  #tell(state: ExecutionState): void {
    this.#save(state);
    this.ctx.waitUntil(this.#deliver());
  }

  #save(state: ExecutionState): void {
    if (!owes(state)) state.timers.outbox = null;
    else state.timers.outbox ??= Date.now() + OUTBOX_RETRY_MS;
    this.ctx.storage.kv.put("state", state);
    this.#timekeeper.keep(state.timers);
  }

  /** Tells the others what they do not know yet. What fails is tried again by the alarm. Calls that come meanwhile are one. */
  async #deliver(): Promise<void> {
    this.#undelivered = true;
    this.#delivering ??= this.#deliverAll().finally(() => {
      this.#delivering = undefined;
    });
    await this.#delivering;
  }

  async #deliverAll(): Promise<void> {
    const state = this.#state;
    while (this.#undelivered && state) {
      this.#undelivered = false;
      const outcome = await deliver(this.env, state, this.#upstream, {
        document: () => this.#document(state),
        documentAt: (change) => documentAt(this.#document(state), change),
        result: () => this.#result,
        secrets: () => (isChain(state.spec) ? this.#secrets : secretsOf(state.spec, this.#result ?? {})),
        begin: () => this.#begin(state),
      });
      if (outcome === "failed") state.timers.outbox = Date.now() + OUTBOX_RETRY_MS;
      this.#save(state);
      if (outcome === "unheld" && !isCompleted(state.status)) {
        this.#complete(state, "canceled", cancelResult(state.canceled_by));
      }
    }
  }

  /** The first follower has come: the agent need not wait for its next acknowledgement to send at once. */
  async #askForOutput(state: ExecutionState): Promise<void> {
    if (state.status !== "running") return;
    await this.env.RUNNER_POOL.getByName(state.spec.pool).flush(state.spec.id, FLUSH_WATCHED_MS);
  }

  #totals(state: ExecutionState): Totals {
    return state.expired?.totals ?? this.#log.totals;
  }

  #document(state: ExecutionState, show_secrets = false): ExecutionDocument {
    return toExecution(state, {
      output: this.#totals(state),
      result: this.#result,
      children: state.family ? this.#family.ids : [],
      secrets: isChain(state.spec) ? this.#secrets : [],
      show_secrets,
    });
  }

  /** Texts in a chain's result that no document may show. */
  get #secrets(): string[] {
    return this.ctx.storage.kv.get<string[]>("secrets") ?? [];
  }

  get #result(): Record<string, unknown> | undefined {
    return this.ctx.storage.kv.get<Record<string, unknown>>("result");
  }
}

function readWish(query: URLSearchParams): FollowWish {
  const credit_max = query.get("credit_max");
  return {
    after: Number(query.get("after")),
    follow: query.get("follow") !== "false",
    ...(credit_max === null ? {} : { credit_max: Number(credit_max) }),
  };
}

function isDue(timer_ms: number | null, now_ms: number): boolean {
  return timer_ms !== null && timer_ms <= now_ms;
}

function cancelResult(user: string | null): Record<string, unknown> {
  return { message: "Action canceled by user.", user };
}
