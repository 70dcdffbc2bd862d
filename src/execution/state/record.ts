import { RESULT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { boundedResult } from "../../../protocol/model/result.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { isChain } from "./chain.ts";
import { type Given, openGiven, sealGiven } from "./given.ts";
import type { Progress } from "./progress.ts";
import type { StoredChange } from "./redact-stored.ts";
import { secretsOf } from "./secrets.ts";
import type { ExecutionState } from "./state.ts";
import type { Vault } from "./vault.ts";

/** For a half made execution: the ids that are needed to undo it if its creation fails. */
export interface Half {
  id: string;
  audit_id?: string | undefined;
}

/** An execution's record in its object's storage: its state, and apart from it, sealed, everything that may hold secrets. */
export class ExecutionRecord {
  readonly #kv: SyncKvStorage;
  readonly #vault: Vault;
  #state: ExecutionState | undefined;
  #half: Half | undefined;
  /** The given values. They are opened on first use, because many events do not need them. */
  #given: Given | undefined;

  constructor(kv: SyncKvStorage, vault: Vault) {
    this.#kv = kv;
    this.#vault = vault;
    this.#half = kv.get<Half>("half");
    // An execution that an earlier instance has left half made does not exist.
    this.#state = this.#half === undefined ? kv.get<ExecutionState>("state") : undefined;
  }

  /** Undefined if the execution does not exist (yet, or any more). */
  get state(): ExecutionState | undefined {
    return this.#state;
  }

  /** The state, for a caller that knows that the execution exists. */
  get existing(): ExecutionState {
    if (!this.#state) throw new Error("no such execution");
    return this.#state;
  }

  /** Set while only a part of the execution is stored. */
  get half(): Half | undefined {
    return this.#half;
  }

  /** Stores the execution as half made. */
  begin(state: ExecutionState, given: Given, half: Half): void {
    this.#half = half;
    this.#given = undefined;
    this.#kv.put("half", half);
    this.#kv.put("given", sealGiven(this.#vault, half.id, given));
    this.put(state);
    this.hold(state);
  }

  /** Stores a state. Once its transaction has been committed, `hold` makes it the current one. */
  put(state: ExecutionState): void {
    this.#kv.put("state", state);
  }

  hold(state: ExecutionState): void {
    this.#state = state;
  }

  /** Reads again whether the execution is half made, after a transaction that had changed it was rolled back. */
  reload(): void {
    this.#half = this.#kv.get<Half>("half");
  }

  /** All parts of the execution are stored. */
  made(): void {
    this.#half = undefined;
    this.#kv.delete("half");
  }

  /** A half made execution has been deleted. */
  undone(): void {
    this.#half = undefined;
    this.#state = undefined;
  }

  /** The execution does not exist any more: the storage is empty, or will be. */
  forget(): void {
    this.#state = undefined;
  }

  get given(): Given {
    const { id } = this.existing.spec;
    this.#given ??= this.#openGiven(id);
    return this.#given;
  }

  /** The execution's spec, without secret defaults of its action's metadata. */
  get spec(): ExecutionSpec {
    return { ...this.existing.spec, ...this.given };
  }

  get result(): Record<string, unknown> | undefined {
    return this.#open("result");
  }

  /** Stores a result. A result that is too long for a row is shortened, so that the run can end. */
  putResult(result: Record<string, unknown>): void {
    this.#put("result", boundedResult(result, RESULT_BYTES_MAX));
  }

  /** Stores the texts in a chain's result that no document may show. */
  putSecrets(secrets: readonly string[]): void {
    this.#put("secrets", secrets);
  }

  /** How far a chain has come; undefined before it has begun. */
  get progress(): Progress | undefined {
    return this.#open("chain");
  }

  putProgress(progress: Progress): void {
    this.#put("chain", progress);
  }

  /** The texts that are still to be removed. */
  get redaction(): string[] {
    return this.#open("redaction") ?? [];
  }

  putRedaction(texts: readonly string[]): void {
    if (texts.length === 0) this.#kv.delete("redaction");
    else this.#put("redaction", texts);
  }

  /** Changes the given values, the result, and the progress of a chain, in every place where they are stored. */
  rewrite(change: StoredChange): void {
    const { id } = this.existing.spec;
    for (const what of ["given", "result", "secrets", "chain"] as const) {
      const sealed = this.#kv.get<Uint8Array>(what);
      if (!sealed) continue;
      const value = change[what](this.#vault.open([id, what], sealed));
      this.#kv.put(what, this.#vault.seal([id, what], value));
    }
    this.#given = undefined;
  }

  /** Texts that neither the execution's document nor its parent's may show. */
  get secrets(): string[] {
    return isChain(this.existing.spec) ? this.chainSecrets : secretsOf(this.spec, this.result ?? {});
  }

  /** Texts in a chain's result that no document may show. */
  get chainSecrets(): string[] {
    return this.#open("secrets") ?? [];
  }

  #openGiven(id: string): Given {
    const sealed = this.#kv.get<Uint8Array>("given");
    if (!sealed) throw new Error(`execution ${id} has no parameters`);
    return openGiven(this.#vault, id, sealed);
  }

  #open<T>(what: "result" | "secrets" | "chain" | "redaction"): T | undefined {
    const sealed = this.#kv.get<Uint8Array>(what);
    return sealed && this.#vault.open<T>([this.existing.spec.id, what], sealed);
  }

  #put(what: "result" | "secrets" | "chain" | "redaction", value: unknown): void {
    this.#kv.put(what, this.#vault.seal([this.existing.spec.id, what], value));
  }
}
