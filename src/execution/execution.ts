import { DurableObject } from "cloudflare:workers";
import type { Status } from "../../protocol/base/status.ts";
import type { Execution as ExecutionDocument } from "../../protocol/model/execution.ts";
import type { EndExecution, ExpandExecution } from "../../protocol/wire/agent.ts";
import type { AppendResult } from "../../protocol/wire/append.ts";
import type { AuditRecord } from "../index/audit.ts";
import type { EndedKind, EndedQueries } from "../objects/ended.ts";
import type {
  CancelResult,
  ChildEnd,
  CreateResult,
  ExecutionStub,
  LeasedRun,
  PauseResult,
  RedactResult,
  Summary,
  UpdateResult,
  Waiting,
} from "../objects/execution.ts";
import type { AbandonReason, GiveResult, LeaseHolder } from "../objects/lease.ts";
import type { BatchHead, LinesPage, LinesQuery, Page, Rest, TailQuery, TailStart } from "../objects/log.ts";
import type { Wanted } from "../objects/pool.ts";
import type { Attached, Place } from "../objects/relay.ts";
import type { Birth, ExecutionSpec } from "../objects/spec.ts";
import { openSchema } from "../storage/schema.ts";
import { leasedExecution } from "./deliver/leased.ts";
import { whyWaiting } from "./deliver/pool.ts";
import { tellIndexAgain } from "./deliver/tell.ts";
import { readEnded } from "./family/ended.ts";
import { planHosts } from "./family/hosts.ts";
import { keptEnd } from "./family/kept.ts";
import { NO_TOTALS } from "./log/totals.ts";
import { executionSteps } from "./state/schema.ts";
import { Vault } from "./state/vault.ts";
import { Creation } from "./steps/creation.ts";
import { attachRelay } from "./steps/follow.ts";
import { Sockets } from "./steps/sockets.ts";
import { redact, steer } from "./steps/steer.ts";
import { Steps } from "./steps/step.ts";
import { agentBack, endUnder, runUnder, underLease } from "./steps/under-lease.ts";

/** One execution: the methods that other objects and the Worker call, its followers' sockets, and its one alarm. */
export class Execution extends DurableObject<Env> implements ExecutionStub {
  #steps!: Steps;
  #creation!: Creation;
  #sockets!: Sockets;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const vault = new Vault(env);
    const schema = executionSteps(vault);
    openSchema(ctx, schema, () => {
      this.#steps = new Steps(ctx, env, vault);
      this.#creation = new Creation(env, ctx, schema, this.#steps);
      this.#sockets = new Sockets(ctx, this.#steps);
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async create(spec: ExecutionSpec, birth: Birth = {}, audit?: AuditRecord): Promise<CreateResult> {
    return this.#creation.make(spec, birth, audit);
  }

  async get({ show_secrets = false } = {}): Promise<ExecutionDocument | undefined> {
    await this.#creation.settled();
    return this.#steps.state && this.#steps.stored.document(show_secrets);
  }

  async spec(): Promise<ExecutionSpec | undefined> {
    return this.#steps.state && this.#steps.stored.record.spec;
  }

  async run(): Promise<LeasedRun | undefined> {
    return this.#steps.state && this.#steps.stored.run;
  }

  async waiting(): Promise<Waiting | undefined> {
    return this.#steps.state && whyWaiting(this.env, this.#steps.state);
  }

  async summary(): Promise<Summary | undefined> {
    await this.#creation.settled();
    return this.#steps.state && this.#steps.stored.summary();
  }

  async lastLines(query: TailQuery): Promise<TailStart> {
    return this.#steps.stored.log.lastLines(query);
  }

  async linesPage(query: LinesQuery): Promise<LinesPage> {
    const { state, stored } = this.#steps;
    return state ? stored.log.linesPage(query) : { batches: [], total: NO_TOTALS.lines, last_seq: 0 };
  }

  async ended<Kind extends EndedKind>(kind: Kind, query: EndedQueries[Kind]) {
    return readEnded(this.#steps.stored, kind, query);
  }

  async lease(holder: LeaseHolder, agent_name: string): Promise<GiveResult> {
    const { state, stored } = this.#steps;
    if (!state) return { kind: "over" };
    const { answer } = this.#steps.take({ kind: "give", holder, agent_name });
    if (answer.kind !== "given") return answer;
    return { kind: "given", execution: leasedExecution(this.env, stored.record, holder.epoch) };
  }

  async holdsLease(holder: LeaseHolder): Promise<boolean> {
    return this.#steps.state !== undefined && this.#steps.take({ kind: "check", holder }).answer;
  }

  async runUnder(holder: LeaseHolder, issues_token = false): Promise<LeasedRun | undefined> {
    return runUnder(this.#steps, holder, issues_token);
  }

  async start(holder: LeaseHolder): Promise<AppendResult> {
    return underLease(this.#steps, { kind: "start", holder });
  }

  async unlease(holder: LeaseHolder): Promise<boolean> {
    return !this.#steps.state || this.#steps.take({ kind: "unlease", holder }).answer;
  }

  async append(holder: LeaseHolder, head: BatchHead, body: string): Promise<AppendResult> {
    return underLease(this.#steps, { kind: "append", holder, head, body });
  }

  async expand(holder: LeaseHolder, { hosts, ...plan }: ExpandExecution): Promise<AppendResult> {
    const children = planHosts(this.#steps.stored.vault, hosts);
    return underLease(this.#steps, { kind: "expand", holder, plan: { kind: "hosts", ...plan }, children });
  }

  async end(holder: LeaseHolder, end: EndExecution, rest?: Rest): Promise<AppendResult> {
    return endUnder(this.#steps, { kind: "end", holder, end }, rest);
  }

  async agentLost(holder: LeaseHolder, heard_ms: number | null): Promise<void> {
    if (this.#steps.state) this.#steps.take({ kind: "agent_lost", holder, heard_ms });
  }

  async agentBack(holder: LeaseHolder): Promise<{ held: boolean; cancel: boolean; wanted?: Wanted }> {
    return agentBack(this.#steps, holder);
  }

  async abandon(holder: LeaseHolder, reason: AbandonReason): Promise<boolean> {
    return this.#steps.state !== undefined && this.#steps.take({ kind: "abandon", holder, reason }).answer;
  }

  async appendFromChild(
    id: string,
    head: BatchHead,
    body: string,
  ): Promise<{ next: number; watched: boolean }> {
    const { state, stored, readers } = this.#steps;
    const watched = readers.count > 0;
    if (!state) return { next: head.last_seq + 1, watched };
    const child = stored.children.get(id);
    return { next: this.#steps.take({ kind: "child_batch", child, head, body }).answer, watched };
  }

  async childEnded(id: string, end: ChildEnd): Promise<void> {
    const { state, stored } = this.#steps;
    if (!state) return;
    const child = stored.children.get(id);
    this.#steps.take({ kind: "child_ended", child, end: keptEnd(stored, id, end) });
  }

  async childPaused(id: string): Promise<void> {
    if (!this.#steps.state) return;
    await this.#steps.take({ kind: "child_pauses", id }).delivered;
    this.ctx.waitUntil(this.#steps.tend());
  }

  async cancel(user: string): Promise<CancelResult> {
    const { answer } = this.#steps.take({ kind: "cancel", user });
    if (answer.kind === "refused") return answer;
    return { kind: "canceled", execution: this.#steps.stored.document() };
  }

  async pause(user: string): Promise<PauseResult> {
    return steer(this.#steps, { kind: "pause", user });
  }

  async resume(user: string): Promise<PauseResult> {
    return steer(this.#steps, { kind: "resume", user });
  }

  async update(status: Status, result: Record<string, unknown> = {}): Promise<UpdateResult> {
    const { answer } = this.#steps.take({ kind: "update", status, result });
    if (answer.kind === "refused") return answer;
    return { kind: "updated", execution: this.#steps.stored.document() };
  }

  async pin(pinned: boolean): Promise<ExecutionDocument | undefined> {
    if (this.#steps.state) this.#steps.take({ kind: "pin", pinned });
    return this.get();
  }

  async tellIndexAgain(anew: boolean): Promise<{ id: string; written: boolean } | undefined> {
    await this.#creation.settled();
    return this.#steps.state && tellIndexAgain(this.#steps.stored, anew);
  }

  async redact(texts: string[]): Promise<RedactResult | undefined> {
    return redact(this.#steps, texts);
  }

  override async fetch(request: Request): Promise<Response> {
    return this.#sockets.open(request);
  }

  async attach(relay: string, last_seq: number | undefined, status?: Place["status"]): Promise<Attached> {
    return attachRelay(this.#steps, relay, { last_seq, status });
  }

  async detach(relay: string): Promise<void> {
    this.#steps.readers.relays.detach(relay);
  }

  async linesAfter(seq: number, chars_wanted: number): Promise<Page | undefined> {
    return this.#steps.state && this.#steps.stored.log.pageAfter(seq, chars_wanted);
  }

  async drop(credential: string): Promise<void> {
    this.#steps.readers.followers.drop(credential);
  }

  async openOf(credential: string): Promise<number> {
    return this.#sockets.openOf(credential);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#sockets.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.gone(socket);
    // A reader that closes waits for this answer: the runtime does not send it on a hibernatable socket.
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.gone(socket);
  }

  /** One alarm for all timers: each event that is due is taken, then the next alarm is set. */
  override async alarm(): Promise<void> {
    if (this.#steps.state) await this.#steps.takeDue(Date.now());
    else await this.#creation.due();
  }
}
