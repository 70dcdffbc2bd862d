import { newId } from "../../../../protocol/base/id.ts";
import { CHAIN_SECRETS_CHARS_MAX, CHAIN_STEPS_MAX } from "../../../../protocol/base/limits.ts";
import { timestamp } from "../../../../protocol/base/time.ts";
import type { Action } from "../../../../protocol/model/action.ts";
import type { ChainTask } from "../../../../protocol/model/chain.ts";
import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import { readAction } from "../../../index/actions.ts";
import { offersOf } from "../../../index/offers.ts";
import type { ChildEnd } from "../../../objects/execution.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import { type Run, runOf } from "../../../rights/run.ts";
import { type Packed, packed, unpacked } from "../../state/packed.ts";
import type { ExecutionState } from "../../state/state.ts";
import type { Vault } from "../../state/vault.ts";
import { type Child, isOver, type KeptEnd } from "../children.ts";
import type { FamilyEnd, Policy } from "../family.ts";
import { beginChain } from "./begin.ts";
import { failedWith, type Progress, readProgress, UNBEGUN, writeProgress } from "./progress.ts";
import { chainResult, failure } from "./result.ts";
import { renderInScope, type ScopeParts } from "./scope.ts";
import { settleTask } from "./settle.ts";
import { parentContext, taskOf, taskSpec } from "./task.ts";
import type { Rendered } from "./templates.ts";

/** What a chain works on. */
export interface ChainParts extends Omit<ScopeParts, "spec"> {
  kv: SyncKvStorage;
  vault: Vault;
  state: ExecutionState;
  /** The parent has another child. */
  grown: () => void;
}

/**
 * A chain: one task after the other, each chosen by how the one before it ended. Every decision is stored before it is acted
 * upon, and is made of nothing but what is stored.
 */
export class ChainRun implements Policy {
  readonly width = 1;
  readonly #parts: ChainParts & ScopeParts;

  constructor(parts: ChainParts) {
    this.#parts = { ...parts, spec: parts.state.spec };
  }

  async decide(): Promise<boolean> {
    const { env, children, state, spec } = this.#parts;
    let progress = readProgress(this.#parts) ?? writeProgress(this.#parts, await beginChain(env, spec));
    const last = children.last();
    if (last && isOver(last) && last.position > progress.settled)
      progress = writeProgress(this.#parts, await settleTask(this.#parts, progress, last));
    if (progress.next === null || state.status !== "running") return false;
    return this.#start(progress, taskOf(spec, progress.next));
  }

  specOf({ id }: Child): ExecutionSpec {
    return unpacked(this.#parts.children.draft<Packed<ExecutionSpec>>(id));
  }

  labelOf({ name }: Child): string {
    return taskOf(this.#parts.spec, name).display_name ?? name;
  }

  keep(_: Child, { status, result, secrets }: ChildEnd): KeptEnd {
    const size = secrets.reduce((sum, { length }) => sum + length, 0);
    if (size > CHAIN_SECRETS_CHARS_MAX) {
      return { status, result: { error: "The result holds more secrets than can be kept." }, secrets: [] };
    }
    return { status, result, secrets };
  }

  outcome(): FamilyEnd {
    const { children, state, spec } = this.#parts;
    const progress = readProgress(this.#parts) ?? UNBEGUN;
    return {
      status: state.status === "canceling" ? "canceled" : progress.status,
      result: chainResult(children, progress, spec.resolved.runner.display_published !== false),
      secrets: [...progress.secrets, ...children.secrets()],
    };
  }

  /** Plans a task's execution, or ends the chain where there cannot be one; true where the chain goes on. */
  async #start(progress: Progress, task: ChainTask): Promise<boolean> {
    const { env, children, state } = this.#parts;
    const { name, ref } = task;
    if ((children.last()?.position ?? 0) >= CHAIN_STEPS_MAX) {
      return this.#fail(progress, `A run of a chain starts at most ${CHAIN_STEPS_MAX} tasks.`);
    }
    const pool = task.pool ?? state.spec.pool;
    const action = await readAction(env.INDEX, { ref, pool });
    if (!action) {
      const { offers } = await offersOf(env.INDEX, { ref_or_id: ref });
      const where = offers.length === 0 ? "" : ` in pool "${pool}", and the task names no other (pool)`;
      const why = new Error(`Task :: ${name} - Action with ref ${ref} not registered.`);
      const text = `Failed to run task "${name}". Action with reference "${ref}" doesn't exist${where}.`;
      return this.#fail(progress, failure(text, why));
    }
    let own: Rendered;
    try {
      own = await this.#parametersOf(progress, task);
    } catch (error) {
      if (!(error instanceof RenderingError)) throw error;
      const value = `action parameter "${error.key}" in task "${name}" (template string=${error.template})`;
      const why = new Error(`Failed rendering value for ${value}: ${error.message}`);
      return this.#fail(progress, failure(`Failed to run task "${name}". Parameter rendering failed.`, why));
    }
    const run = await runOf(env, this.#parts.spec);
    // Somebody may have paused or canceled the chain meanwhile.
    if (state.status !== "running") return false;
    if (own.secrets.length > 0)
      writeProgress(this.#parts, { ...progress, secrets: [...progress.secrets, ...own.secrets] });
    const secrets = [...progress.secrets, ...own.secrets, ...children.secrets()];
    this.#plan(run, task, action, { values: own.values, secrets });
    return true;
  }

  #parametersOf(progress: Progress, { parameters, params }: ChainTask) {
    const given = Object.keys(parameters).length > 0 ? parameters : params;
    const parent = parentContext(this.#parts.spec);
    return renderInScope(this.#parts, progress, given, { action_context: { parent } });
  }

  #plan(run: Run, task: ChainTask, action: Action, own: Rendered): void {
    const { children, spec, grown } = this.#parts;
    const { name } = task;
    const now = timestamp(Date.now());
    try {
      const draft = taskSpec(spec, run, task, action, own);
      children.plan({ id: draft.id, name, draft: packed(draft) }, now);
      grown();
    } catch (error) {
      // The task fails, and not the chain: it may have an answer to that.
      const id = newId();
      children.plan({ id, name, draft: null }, now);
      const result = { error: failure(`Failed running task "${name}".`, error) };
      children.end(id, "dropped", { status: "failed", result, secrets: [] }, now);
    }
  }

  #fail(progress: Progress, error: string): false {
    writeProgress(this.#parts, { ...progress, ...failedWith(error) });
    return false;
  }
}
