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

/** A value of this size or less is stored in the state's row: each row is paid for. The state is written often, so others are not. */
export const SEALED_INSIDE_BYTES_MAX = 16 * 1024;

/** The sealed values that may be in the state's row. */
type Inside = Partial<Record<"given" | "result", Uint8Array>>;

type Sealed = "given" | "result" | "secrets" | "chain" | "redaction";

/** A state as it is stored, with its short sealed values. */
export type StoredState = ExecutionState & { sealed?: Inside };

/** An execution's record in its object's storage: its state, and sealed, everything that may hold secrets. */
export class ExecutionRecord {
  readonly #kv: SyncKvStorage;
  readonly #vault: Vault;
  #state: ExecutionState | undefined;
  #inside: Inside = {};
  /** The state in memory has entries of the outbox that are delivered, and the stored one has them still. */
  #is_ahead = false;
  /** The given values. They are opened on first use, because many events do not need them. */
  #given: Given | undefined;
  /** The result in the state's row, opened: its end is told to several receivers. */
  #result: { sealed: Uint8Array; value: Record<string, unknown> } | undefined;

  constructor(kv: SyncKvStorage, vault: Vault) {
    this.#kv = kv;
    this.#vault = vault;
    const stored = kv.get<StoredState>("state");
    // An execution that an earlier release has left half made does not exist.
    if (stored === undefined || kv.get("half") !== undefined) return;
    const { sealed = {}, ...state } = stored;
    this.#inside = sealed;
    this.#state = state;
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

  /** A new execution. The commit of its first event stores it. */
  begin(state: ExecutionState, { parameters, resolved, secrets }: Given): void {
    this.#given = { parameters, resolved, secrets };
    this.#inside = {};
    this.#keep("given", sealGiven(this.#vault, state.spec.id, this.#given));
    this.#state = state;
  }

  /** Stores a state. Once its transaction has been committed, `hold` makes it the current one. */
  put(state: ExecutionState): void {
    const sealed = this.#inside;
    this.#kv.put("state", Object.keys(sealed).length === 0 ? state : { ...state, sealed });
  }

  hold(state: ExecutionState, is_stored = true): void {
    this.#state = state;
    this.#is_ahead = !is_stored;
  }

  /** Stores the state if it is ahead of the stored one. */
  catchUp(): void {
    if (!this.#state || !this.#is_ahead) return;
    this.put(this.#state);
    this.#is_ahead = false;
  }

  /** Reads the sealed values again, after a transaction that had changed them was rolled back. */
  reload(): void {
    this.#inside = this.#kv.get<StoredState>("state")?.sealed ?? {};
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
    const sealed = this.#inside.result;
    if (!sealed) return this.#open("result");
    if (this.#result?.sealed !== sealed)
      this.#result = { sealed, value: this.#vault.open([this.existing.spec.id, "result"], sealed) };
    return this.#result.value;
  }

  /** Stores a result. A result that is too long for a row is shortened, so that the run can end. */
  putResult(result: Record<string, unknown>): void {
    const value = boundedResult(result, RESULT_BYTES_MAX);
    this.#put("result", value);
    const sealed = this.#inside.result;
    this.#result = sealed && { sealed, value };
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
      const sealed = this.#sealed(what);
      if (sealed) this.#put(what, change[what](this.#vault.open([id, what], sealed)));
    }
    this.#given = undefined;
    this.put(this.existing);
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
    const sealed = this.#sealed("given");
    if (!sealed) throw new Error(`execution ${id} has no parameters`);
    return openGiven(this.#vault, id, sealed);
  }

  #open<T>(what: Exclude<Sealed, "given">): T | undefined {
    const sealed = this.#sealed(what);
    return sealed && this.#vault.open<T>([this.existing.spec.id, what], sealed);
  }

  #put(what: Sealed, value: unknown): void {
    const { id } = this.existing.spec;
    const sealed = this.#vault.seal([id, what], value);
    if (what === "given" || what === "result") this.#keep(what, sealed);
    else this.#kv.put(what, sealed);
  }

  #sealed(what: Sealed): Uint8Array | undefined {
    const inside = what === "given" || what === "result" ? this.#inside[what] : undefined;
    return inside ?? this.#kv.get<Uint8Array>(what);
  }

  /** Keeps a value for the state's row if it is short, and otherwise stores it in a row of its own. */
  #keep(what: keyof Inside, sealed: Uint8Array): void {
    const { [what]: _, ...others } = this.#inside;
    const is_inside = sealed.length <= SEALED_INSIDE_BYTES_MAX;
    this.#inside = is_inside ? { ...others, [what]: sealed } : others;
    if (!is_inside) this.#kv.put(what, sealed);
    else if (this.#kv.get(what) !== undefined) this.#kv.delete(what);
  }
}
