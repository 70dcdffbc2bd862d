import { RESULT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { boundedResult } from "../../../protocol/model/result.ts";
import type { Summary } from "../../objects/execution.ts";
import type { Totals } from "../../objects/log.ts";
import { OUTBOX_RETRY_MS, owes } from "../deliver/outbox.ts";
import { isChain } from "../family/chain/task.ts";
import type { Timekeeper } from "../timekeeper.ts";
import { toExecution } from "./document.ts";
import {
  type Given,
  giveAnew,
  openGiven,
  type StoredState,
  sealGiven,
  storedState,
  wholeState,
} from "./given.ts";
import type { StoredChange } from "./redact-stored.ts";
import { secretsOf } from "./secrets.ts";
import type { ExecutionState } from "./state.ts";
import { tombstoneOf } from "./tombstone.ts";
import type { Vault } from "./vault.ts";

/** Of an execution that is half made: what is to be undone where no more comes of it. */
export interface Half {
  id: string;
  audit_id?: string | undefined;
}

/** Where the rest of a document comes from, and who minds the state's timers. */
export interface RecordParts {
  timekeeper: Timekeeper;
  /** What was produced, as far as it has not expired. */
  produced: () => Totals;
  /** The children that there are, or will be. */
  children: () => string[];
}

/** An execution's record in its object's storage: its state, its result and the secrets in it, and the document made of them. */
export class ExecutionRecord {
  readonly #kv: SyncKvStorage;
  readonly #vault: Vault;
  readonly #parts: RecordParts;
  #state: ExecutionState | undefined;
  #half: Half | undefined;
  /** Whether what it was given is still to be stored: it is once, and never changes. */
  #is_new = false;

  constructor(kv: SyncKvStorage, vault: Vault, parts: RecordParts) {
    this.#kv = kv;
    this.#vault = vault;
    this.#parts = parts;
    this.#half = kv.get<Half>("half");
    // What an earlier instance has left half made is not there.
    const stored = this.#half === undefined ? kv.get<StoredState>("state") : undefined;
    this.#state = stored && wholeState(stored, () => this.#given(stored.spec.id));
  }

  /** Undefined where there is no execution, not yet or not any more. */
  get state(): ExecutionState | undefined {
    return this.#state;
  }

  /** The state where the caller knows that there is one. */
  get existing(): ExecutionState {
    if (!this.#state) throw new Error("no such execution");
    return this.#state;
  }

  /** Something of an execution is stored, and not yet all that belongs to it. */
  get half(): Half | undefined {
    return this.#half;
  }

  /** There is an execution, half made so far. */
  begin(state: ExecutionState, half: Half): void {
    this.#state = state;
    this.#is_new = true;
    this.#half = half;
    this.#kv.put("half", half);
    this.save(state);
  }

  /** All of it is there; the next `save` counts on it. */
  made(): void {
    this.#half = undefined;
    this.#kv.delete("half");
  }

  /** Nothing of it is stored any more. */
  undone(): void {
    this.#half = undefined;
    this.#state = undefined;
  }

  /** There is none any more: the storage is empty, or will be. */
  forget(): void {
    this.#state = undefined;
  }

  /** Stores what has changed, and sets the alarm for it. */
  save(state: ExecutionState): void {
    if (!owes(state)) state.timers.outbox = null;
    else state.timers.outbox ??= Date.now() + OUTBOX_RETRY_MS;
    if (this.#is_new) this.#kv.put("given", sealGiven(this.#vault, state.spec));
    this.#is_new = false;
    this.#kv.put("state", storedState(state));
    this.#parts.timekeeper.keep(state.timers);
  }

  get result(): Record<string, unknown> | undefined {
    const sealed = this.#kv.get<Uint8Array>("result");
    return sealed && this.#vault.open<Record<string, unknown>>([this.existing.spec.id, "result"], sealed);
  }

  /** Whatever has come together in it, its run ends: what is too long for a row is shortened. */
  set result(result: Record<string, unknown>) {
    const stored = boundedResult(result, RESULT_BYTES_MAX);
    this.#kv.put("result", this.#vault.seal([this.existing.spec.id, "result"], stored));
  }

  /** Changes what was given, what came of it, and what a chain knows, wherever they are stored. */
  rewrite(state: ExecutionState, change: StoredChange): void {
    const { id } = state.spec;
    for (const what of ["given", "result", "secrets", "chain"] as const) {
      const sealed = this.#kv.get<Uint8Array>(what);
      if (!sealed) continue;
      const value = change[what](this.#vault.open([id, what], sealed));
      this.#kv.put(what, this.#vault.seal([id, what], value));
    }
    giveAnew(state.spec, this.#given(id));
    this.save(state);
  }

  /** Keeps the texts in a chain's result that no document may show. */
  keepSecrets(secrets: string[]): void {
    this.#kv.put("secrets", this.#vault.seal([this.existing.spec.id, "secrets"], secrets));
  }

  /** Texts that neither the execution's document nor its parent's may show. */
  secrets({ spec }: ExecutionState): string[] {
    return isChain(spec) ? this.#chainSecrets : secretsOf(spec, this.result ?? {});
  }

  totals({ expired }: ExecutionState): Totals {
    return expired?.totals ?? this.#parts.produced();
  }

  /** The document; secret values stand in it only where they are asked for. */
  document(state: ExecutionState, show_secrets = false): Execution {
    return toExecution(state, {
      output: this.totals(state),
      result: this.result,
      children: state.family ? this.#parts.children() : [],
      // Elsewhere the schemas say what is secret, and the chain that a task is of.
      secrets: [...(state.spec.secrets ?? []), ...(isChain(state.spec) ? this.#chainSecrets : [])],
      show_secrets,
    });
  }

  summary(state: ExecutionState): Summary {
    return {
      status: state.status,
      completed: isCompleted(state.status),
      expired: tombstoneOf(state),
      totals: this.totals(state),
      action_ref: state.spec.action.ref,
      runner_ref: state.spec.runner.name,
      pool: state.spec.pool,
    };
  }

  get #chainSecrets(): string[] {
    const sealed = this.#kv.get<Uint8Array>("secrets");
    return sealed ? this.#vault.open<string[]>([this.existing.spec.id, "secrets"], sealed) : [];
  }

  #given(id: string): Given {
    const sealed = this.#kv.get<Uint8Array>("given");
    if (!sealed) throw new Error(`execution ${id} has no parameters`);
    return openGiven(this.#vault, id, sealed);
  }
}
