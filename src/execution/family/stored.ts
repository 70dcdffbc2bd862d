import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Summary } from "../../objects/execution.ts";
import type { Totals } from "../../objects/log.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { Log } from "../log/log.ts";
import { isChain } from "../state/chain.ts";
import { Children } from "../state/children.ts";
import { toExecution } from "../state/document.ts";
import { ExecutionRecord } from "../state/record.ts";
import { tombstoneOf } from "../state/tombstone.ts";
import type { Vault } from "../state/vault.ts";

/** All that an execution's object has stored: its record, its log and its children. */
export class Stored {
  readonly env: Env;
  readonly storage: DurableObjectStorage;
  readonly vault: Vault;
  readonly record: ExecutionRecord;
  readonly log: Log;
  readonly children: Children;

  constructor(env: Env, storage: DurableObjectStorage, vault: Vault) {
    this.env = env;
    this.storage = storage;
    this.vault = vault;
    this.record = new ExecutionRecord(storage.kv, vault);
    this.log = new Log(storage);
    this.children = new Children(storage.sql, vault);
  }

  /** Stores all that `work` writes, or nothing: what is in memory of it is then read again. */
  transaction<T>(work: () => T): T {
    try {
      return this.storage.transactionSync(work);
    } catch (error) {
      for (const part of [this.log, this.record, this.children]) part.reload();
      throw error;
    }
  }

  /** The totals of the output, also after it has expired. */
  get totals(): Totals {
    return this.record.existing.expired?.totals ?? this.log.totals;
  }

  /** The children that exist or are planned. */
  get childIds(): string[] {
    return this.children.all().flatMap(({ id, state }) => (state === "dropped" ? [] : [id]));
  }

  /** The document. It shows secret values only if the caller requests them. */
  document(show_secrets = false): Execution {
    const { record } = this;
    const { existing: state, given } = record;
    return toExecution(state, {
      given,
      output: this.totals,
      result: record.result,
      children: state.family ? this.childIds : [],
      secrets: [...(given.secrets ?? []), ...(isChain(state.spec) ? record.chainSecrets : [])],
      show_secrets,
    });
  }

  /** The user and the pool of the run, and its rights. */
  get run(): Pick<ExecutionSpec, "context" | "pool" | "rights"> {
    const { context, pool, rights } = this.record.existing.spec;
    return { context, pool, ...(rights ? { rights } : {}) };
  }

  summary(): Summary {
    const { existing: state } = this.record;
    return {
      status: state.status,
      changes: state.log.length,
      completed: isCompleted(state.status),
      expired: tombstoneOf(state),
      totals: this.totals,
      action_ref: state.spec.action.ref,
      runner_ref: state.spec.runner.name,
      pool: state.spec.pool,
    };
  }
}
