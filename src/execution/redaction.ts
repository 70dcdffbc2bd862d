import { isCompleted } from "../../protocol/base/status.ts";
import type { RedactResult } from "../objects/execution.ts";
import { executionStub } from "../objects/execution.ts";
import type { Delivery } from "./deliver/delivery.ts";
import { OUTBOX_RETRY_MS } from "./deliver/outbox.ts";
import { Rounds } from "./deliver/rounds.ts";
import type { Family } from "./family/family.ts";
import type { Log } from "./log/log.ts";
import { blankRow, LogSearch } from "./log/redact-log.ts";
import { Sought } from "./log/redact-search.ts";
import { binaryOf, blankIn, variantsOf } from "./log/redact-text.ts";
import type { ExecutionRecord } from "./state/record.ts";
import { changeOf } from "./state/redact-stored.ts";
import type { ExecutionState } from "./state/state.ts";
import type { Vault } from "./state/vault.ts";

/** What a redaction rewrites. */
export interface RedactionParts {
  env: Env;
  storage: DurableObjectStorage;
  vault: Vault;
  record: ExecutionRecord;
  log: Log;
  family: Family;
  delivery: Delivery;
}

/**
 * Takes texts out of what is stored of an execution that has ended, and of the executions below it. Until all is
 * rewritten, the texts are kept sealed, so that the alarm goes on after a restart; what is rewritten already is found no more.
 */
export class Redaction {
  readonly #parts: RedactionParts;
  readonly #rounds = new Rounds(() => this.#rewrite());

  constructor(parts: RedactionParts) {
    this.#parts = parts;
  }

  /** Begins with these texts, besides those that are still being taken out. Safe to repeat. */
  async redact(texts: readonly string[]): Promise<RedactResult> {
    const state = this.#parts.record.existing;
    // What is under way would write more, and its agent has its output on disk.
    if (!isCompleted(state.status)) return { kind: "refused", status: state.status };
    this.#keep(state, [...new Set([...this.#texts(state), ...texts])]);
    await this.tend();
    return { kind: "redacted", done: this.#texts(state).length === 0 };
  }

  /** Goes on where something is left to do. What fails is tried again by the alarm. */
  async tend(): Promise<void> {
    const { record } = this.#parts;
    try {
      await this.#rounds.run();
    } catch (error) {
      const state = record.existing;
      console.error(`execution ${state.spec.id}: not redacted yet: ${error}`);
      state.timers.redaction = Date.now() + OUTBOX_RETRY_MS;
      record.save(state);
    }
  }

  async #rewrite(): Promise<void> {
    const { record, family, delivery } = this.#parts;
    const state = record.existing;
    const given = this.#texts(state);
    if (given.length === 0) return;
    const texts = variantsOf(given);
    await this.#rewriteLog(texts);
    this.#rewriteValues(state, texts);
    for (const id of family.ids) {
      const child = await executionStub(this.#parts.env, id).redact(given);
      if (child !== undefined && (child.kind === "refused" || !child.done))
        throw new Error(`child ${id} has not`);
    }
    // Others may have been asked for since.
    const rest = this.#texts(state).filter((text) => !given.includes(text));
    this.#keep(state, rest);
    delivery.tellChange(state);
  }

  /** Rewrites the log portion by portion, each in one transaction: an occurrence is blanked in all its rows at once. */
  async #rewriteLog(texts: readonly string[]): Promise<void> {
    const { storage, log } = this.#parts;
    const encoder = new TextEncoder();
    const search = new LogSearch(texts.map((text) => binaryOf(encoder.encode(text))));
    for (let seq: number | undefined = 0; seq !== undefined; ) {
      const from: number = seq;
      seq = storage.transactionSync(() => log.rewrite(from, (row) => search.read(row), blankRow));
      await storage.sync();
    }
  }

  #rewriteValues(state: ExecutionState, texts: readonly string[]): void {
    const { storage, record, family } = this.#parts;
    const sought = texts.map((text) => new Sought(text));
    const change = changeOf(state.spec, (value) => blankIn(value, sought));
    storage.transactionSync(() => {
      record.rewrite(state, change);
      family.children.rewrite(change);
    });
  }

  #texts({ spec }: ExecutionState): string[] {
    const { storage, vault } = this.#parts;
    const sealed = storage.kv.get<Uint8Array>("redaction");
    return sealed ? vault.open<string[]>([spec.id, "redaction"], sealed) : [];
  }

  #keep(state: ExecutionState, texts: string[]): void {
    const { storage, vault, record } = this.#parts;
    if (texts.length === 0) storage.kv.delete("redaction");
    else storage.kv.put("redaction", vault.seal([state.spec.id, "redaction"], texts));
    state.timers.redaction = texts.length === 0 ? null : Date.now() + OUTBOX_RETRY_MS;
    record.save(state);
  }
}
