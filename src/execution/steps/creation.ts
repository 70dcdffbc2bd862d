import { failureText } from "../../../protocol/base/failure-text.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { answered } from "../../index/answered.ts";
import { type AuditRecord, auditStatements, failRun } from "../../index/audit.ts";
import { deleteRow, rowStatement } from "../../index/executions.ts";
import type { CreateResult } from "../../objects/execution.ts";
import { type Birth, type ExecutionSpec, nameInLog } from "../../objects/spec.ts";
import { isDiskFull } from "../../storage/disk.ts";
import { type SchemaStep, skipSchema } from "../../storage/schema.ts";
import { newState } from "../decide/birth.ts";
import { NO_TOTALS } from "../log/totals.ts";
import { toExecution } from "../state/document.ts";
import { keepingOf } from "../state/keeping.ts";
import { OUTBOX_RETRY_MS, OUTBOX_WAIT_MS } from "../state/outbox.ts";
import type { ExecutionState } from "../state/state.ts";
import type { Steps } from "./step.ts";

/**
 * The creation of an execution, in three steps: the object's alarm; the row in the index, with the entry of the audit log; then
 * the object's own record. Until then the execution does not exist for callers. After a failure or a crash, the next attempt or
 * the alarm removes what is left: an alarm without a record stands for a creation that is not complete.
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
    if (this.#steps.state) return { kind: "made", execution: this.#steps.stored.document() };
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

  /** The alarm of a creation that is not complete. */
  async due(): Promise<void> {
    const { alarm } = this.#steps;
    alarm.rang();
    alarm.set(Date.now() + OUTBOX_RETRY_MS);
    if (this.#making) return;
    try {
      await answered(this.#undo());
    } catch (error) {
      console.error(`execution ${this.#id}: half made, and not undone yet: ${failureText(error)}`);
    }
  }

  async #make(
    spec: ExecutionSpec,
    birth: Birth,
    audit: AuditRecord | undefined,
    whole: () => void,
  ): Promise<CreateResult> {
    const { INDEX } = this.#env;
    const { stored, alarm } = this.#steps;
    try {
      if ((await this.#ctx.storage.getAlarm()) !== null) await answered(this.#undo());
    } catch (error) {
      console.error(
        `${nameInLog(spec)}: not created: an earlier attempt is not undone yet: ${failureText(error)}`,
      );
      return refusedFor(this.#env, error);
    }
    const now_ms = Date.now();
    const state = newState(spec, keepingOf(this.#env, spec.action, spec.retention), now_ms, birth);
    // It serves the outbox of the new execution too.
    alarm.set(now_ms + OUTBOX_WAIT_MS);
    try {
      const entry = audit === undefined ? [] : auditStatements(this.#env, audit);
      // The storage confirms the alarm before the index gets the request.
      const indexing = INDEX.batch([rowStatement(INDEX, newDocument(state, spec), state.version), ...entry]);
      this.#indexing = indexing.catch(() => undefined);
      await answered(indexing);
      skipSchema(this.#ctx.storage, this.#schema);
      this.#steps.begin(state, spec, birth.failure);
    } catch (error) {
      console.error(`${nameInLog(spec)}: not created: ${failureText(error)}`);
      return this.#giveUp(error);
    }
    whole();
    await this.#steps.tell();
    return { kind: "made", execution: stored.document() };
  }

  async #giveUp(why: unknown): Promise<CreateResult> {
    this.#steps.stored.record.forget();
    const undone = this.#undo().catch((error: unknown) => {
      console.error(`execution ${this.#id}: half made, and not undone yet: ${failureText(error)}`);
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
    await this.#indexing;
    await deleteRow(this.#env.INDEX, this.#id);
    await failRun(this.#env.INDEX, this.#id);
    await this.#ctx.storage.deleteAll();
    this.#steps.alarm.rang();
  }

  /** The id of the execution is the name of its object. */
  get #id(): string {
    const { name } = this.#ctx.id;
    if (name === undefined) throw new Error("an execution's object has a name");
    return name;
  }
}

/** The first document of an execution: it has no output and no result. */
function newDocument(state: ExecutionState, given: ExecutionSpec): Execution {
  return toExecution(state, {
    given,
    output: NO_TOTALS,
    result: undefined,
    children: [],
    secrets: given.secrets ?? [],
    show_secrets: false,
  });
}

async function refusedFor(env: Env, why: unknown): Promise<CreateResult> {
  return { kind: "refused", code: (await isDiskFull(env, why)) ? "storage_full" : "unavailable" };
}
