import { TailraceError } from "../../../protocol/base/errors.ts";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { answered } from "../../index/answered.ts";
import { type AuditRecord, auditStatements, failAudit } from "../../index/audit.ts";
import { deleteRow, rowStatement } from "../../index/executions.ts";
import type { CreateResult } from "../../objects/execution.ts";
import type { Birth, ExecutionSpec } from "../../objects/spec.ts";
import { isDiskFull } from "../../storage/disk.ts";
import { beginSchema, type SchemaStep } from "../../storage/schema.ts";
import { newState } from "../decide/birth.ts";
import { keepingOf } from "../state/keeping.ts";
import { OUTBOX_RETRY_MS } from "../state/outbox.ts";
import type { Steps } from "./step.ts";

/**
 * The creation of an execution, in three steps: its own record, marked as half made; its row in the index, with the entry
 * of the audit log; then the mark is removed. Callers do not see a half made execution. After a failure or a crash, the
 * next attempt or the alarm removes what is left.
 */
export class Creation {
  readonly #env: Env;
  readonly #ctx: DurableObjectState;
  readonly #schema: readonly SchemaStep[];
  readonly #steps: Steps;
  #making: Promise<CreateResult> | undefined;
  /**
   * Resolves once it is certain whether the execution of the last creation exists, before other objects are told about it.
   */
  #certain: PromiseWithResolvers<void> | undefined;
  #undoing: Promise<void> | undefined;
  /** The write to the index. It may continue after the wait for it has ended. */
  #indexing: Promise<unknown> = Promise.resolve();

  constructor(env: Env, ctx: DurableObjectState, schema: readonly SchemaStep[], steps: Steps) {
    this.#env = env;
    this.#ctx = ctx;
    this.#schema = schema;
    this.#steps = steps;
  }

  /** Safe to repeat. */
  async make(spec: ExecutionSpec, birth: Birth, audit: AuditRecord | undefined): Promise<CreateResult> {
    const { stored } = this.#steps;
    if (stored.record.state && stored.record.half === undefined)
      return { kind: "made", execution: stored.document() };
    if (this.#making) return this.#making;
    const certain = Promise.withResolvers<void>();
    this.#certain = certain;
    this.#making = this.#make(spec, birth, audit, certain.resolve).finally(() => {
      certain.resolve();
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Waits until it is certain whether the execution exists. */
  async settled(): Promise<void> {
    await this.#certain?.promise;
  }

  /** The alarm of a half made execution. */
  async due(): Promise<void> {
    const { alarm, stored } = this.#steps;
    alarm.rang();
    await this.#ctx.storage.setAlarm(Date.now() + OUTBOX_RETRY_MS);
    if (this.#making) return;
    try {
      await answered(this.#undo());
    } catch (error) {
      console.error(
        `execution ${stored.record.half?.id}: half made, and not undone yet: ${failureText(error)}`,
      );
    }
  }

  async #make(
    spec: ExecutionSpec,
    birth: Birth,
    audit: AuditRecord | undefined,
    whole: () => void,
  ): Promise<CreateResult> {
    const { INDEX } = this.#env;
    const { stored } = this.#steps;
    try {
      await answered(this.#undo());
    } catch (error) {
      console.error(
        `execution ${spec.id}: not created: an earlier attempt is not undone yet: ${failureText(error)}`,
      );
      return refusedFor(this.#env, error);
    }
    const state = newState(spec, keepingOf(this.#env, spec.action, spec.retention), Date.now(), birth);
    const { version } = state;
    beginSchema(this.#ctx.storage, this.#schema);
    this.#steps.begin(state, spec, { id: spec.id, audit_id: audit?.id });
    try {
      const entry = audit === undefined ? [] : auditStatements(this.#env, audit);
      // The storage confirms its writes before the index gets the request.
      const indexing = INDEX.batch([rowStatement(INDEX, stored.document(), version), ...entry]);
      this.#indexing = indexing.catch(() => undefined);
      await answered(indexing);
    } catch (error) {
      console.error(`execution ${spec.id}: not created: ${failureText(error)}`);
      return this.#giveUp(error);
    }
    this.#steps.take({ kind: "made", version, failure: birth.failure });
    whole();
    await this.#steps.tell();
    return { kind: "made", execution: stored.document() };
  }

  async #giveUp(why: unknown): Promise<CreateResult> {
    const { stored, followers } = this.#steps;
    const id = stored.record.half?.id;
    stored.record.forget();
    followers.dismiss(new TailraceError("execution_not_found"));
    const undone = this.#undo().catch((error: unknown) => {
      console.error(`execution ${id}: half made, and not undone yet: ${failureText(error)}`);
    });
    this.#ctx.waitUntil(undone);
    // The alarm repeats it if the wait is too short.
    await answered(undone).catch(() => undefined);
    return refusedFor(this.#env, why);
  }

  /**
   * One at a time, because this must not delete the row of a later attempt: the index may have written a row although its
   * answer was lost.
   */
  #undo(): Promise<void> {
    this.#undoing ??= this.#undoAll().finally(() => {
      this.#undoing = undefined;
    });
    return this.#undoing;
  }

  async #undoAll(): Promise<void> {
    const { record } = this.#steps.stored;
    const { half } = record;
    if (half === undefined) return;
    await this.#indexing;
    await deleteRow(this.#env.INDEX, half.id);
    if (half.audit_id !== undefined) await failAudit(this.#env.INDEX, [half.audit_id]);
    await this.#ctx.storage.deleteAll();
    record.undone();
    this.#steps.alarm.rang();
  }
}

async function refusedFor(env: Env, why: unknown): Promise<CreateResult> {
  return { kind: "refused", code: (await isDiskFull(env, why)) ? "storage_full" : "unavailable" };
}
