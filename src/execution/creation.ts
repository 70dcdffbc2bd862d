import { TailraceError } from "../../protocol/base/errors.ts";
import { answered } from "../index/answered.ts";
import { type AuditRecord, auditStatements, failAudit } from "../index/audit.ts";
import { deleteRow, rowStatement } from "../index/executions.ts";
import type { CreateResult } from "../objects/execution.ts";
import type { Birth, ExecutionSpec } from "../objects/spec.ts";
import { isDiskFull } from "../storage/disk.ts";
import { beginSchema, type SchemaStep } from "../storage/schema.ts";
import type { Course } from "./course.ts";
import type { Delivery } from "./deliver/delivery.ts";
import { OUTBOX_RETRY_MS } from "./deliver/outbox.ts";
import type { Followers } from "./log/followers.ts";
import { keepingOf } from "./state/keeping.ts";
import type { ExecutionRecord } from "./state/record.ts";
import { newState } from "./state/state.ts";
import type { Timekeeper } from "./timekeeper.ts";

/** What the making of an execution works on. */
export interface CreationParts {
  env: Env;
  ctx: DurableObjectState;
  steps: readonly SchemaStep[];
  timekeeper: Timekeeper;
  record: ExecutionRecord;
  followers: Followers;
  delivery: Delivery;
  course: Course;
}

/**
 * The making of an execution: first its own record, which says that it is half made; then its row in the index, with the audit
 * log's entry; then it is whole. No caller has been told of what is half made, so what is left of it by a failure, or by an
 * instance that is gone, is undone: by the next try, or by the alarm.
 */
export class Creation {
  readonly #parts: CreationParts;
  #making: Promise<CreateResult> | undefined;
  /** Of the last making: resolved once it is certain whether there is an execution, before others are told of it. */
  #certain: PromiseWithResolvers<void> | undefined;
  #undoing: Promise<void> | undefined;
  /** The index's part of the work, which may go on when it is not waited for any more. */
  #indexing: Promise<unknown> = Promise.resolve();

  constructor(parts: CreationParts) {
    this.#parts = parts;
  }

  /** Safe to repeat. */
  async make(spec: ExecutionSpec, birth: Birth, audit: AuditRecord | undefined): Promise<CreateResult> {
    const { record } = this.#parts;
    if (record.state && record.half === undefined)
      return { kind: "made", execution: record.document(record.state) };
    if (this.#making) return this.#making;
    const certain = Promise.withResolvers<void>();
    this.#certain = certain;
    this.#making = this.#make(spec, birth, audit, certain.resolve).finally(() => {
      certain.resolve();
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Waits until no execution is half made here: there is one, or there is none. */
  async settled(): Promise<void> {
    await this.#certain?.promise;
  }

  /** The alarm of what is half made. */
  async due(): Promise<void> {
    const { ctx, timekeeper, record } = this.#parts;
    timekeeper.rang();
    await ctx.storage.setAlarm(Date.now() + OUTBOX_RETRY_MS);
    if (this.#making) return;
    try {
      await answered(this.#undo());
    } catch (error) {
      console.error(`execution ${record.half?.id}: half made, and not undone yet: ${error}`);
    }
  }

  async #make(
    spec: ExecutionSpec,
    birth: Birth,
    audit: AuditRecord | undefined,
    whole: () => void,
  ): Promise<CreateResult> {
    const { env, ctx, steps, record, course, delivery } = this.#parts;
    try {
      await answered(this.#undo());
    } catch (error) {
      console.error(`execution ${spec.id}: not created, as an earlier try is not undone yet: ${error}`);
      return refusedFor(env, error);
    }
    const now_ms = Date.now();
    const state = newState(spec, keepingOf(env, spec.action, spec.retention), now_ms, birth);
    const { version } = state;
    state.timers.outbox = now_ms + OUTBOX_RETRY_MS;
    beginSchema(ctx.storage, steps);
    record.begin(state, { id: spec.id, audit_id: audit?.id });
    try {
      const { INDEX } = env;
      const entry = audit === undefined ? [] : auditStatements(env, audit);
      // What is stored here is confirmed before the index hears anything.
      const indexing = INDEX.batch([rowStatement(INDEX, record.document(state), version), ...entry]);
      this.#indexing = indexing.catch(() => undefined);
      await answered(indexing);
    } catch (error) {
      console.error(`execution ${spec.id}: not created: ${error}`);
      return this.#giveUp(error);
    }
    record.made();
    // It may have been changed already: what the index has not heard of is owed.
    if (state.version === version) state.outbox.index = false;
    if (birth.failure !== undefined) course.complete(state, "failed", { error: birth.failure });
    else record.save(state);
    whole();
    await delivery.run();
    return { kind: "made", execution: record.document(state) };
  }

  async #giveUp(why: unknown): Promise<CreateResult> {
    const { env, ctx, record, followers } = this.#parts;
    const id = record.half?.id;
    record.forget();
    followers.dismiss(new TailraceError("execution_not_found"));
    const undone = this.#undo().catch((error: unknown) => {
      console.error(`execution ${id}: half made, and not undone yet: ${error}`);
    });
    ctx.waitUntil(undone);
    // Where this is not waited for, the alarm sees to it.
    await answered(undone).catch(() => undefined);
    return refusedFor(env, why);
  }

  /** The index may have written what it failed to answer for, and a later try must not lose its row to this. */
  #undo(): Promise<void> {
    this.#undoing ??= this.#undoAll().finally(() => {
      this.#undoing = undefined;
    });
    return this.#undoing;
  }

  async #undoAll(): Promise<void> {
    const { env, ctx, record, timekeeper } = this.#parts;
    const { half } = record;
    if (half === undefined) return;
    await this.#indexing;
    await deleteRow(env.INDEX, half.id);
    if (half.audit_id !== undefined) await failAudit(env.INDEX, [half.audit_id]);
    await ctx.storage.deleteAll();
    record.undone();
    timekeeper.rang();
  }
}

async function refusedFor(env: Env, why: unknown): Promise<CreateResult> {
  return { kind: "refused", code: (await isDiskFull(env, why)) ? "storage_full" : "unavailable" };
}
