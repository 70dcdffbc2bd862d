import { newId } from "../../../../protocol/base/id.ts";
import type { Action } from "../../../../protocol/model/action.ts";
import type { ChainTask } from "../../../../protocol/model/chain.ts";
import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import { readAction } from "../../../index/actions.ts";
import { offersOf } from "../../../index/offers.ts";
import { type Run, runOf } from "../../../rights/run.ts";
import type { Prepared } from "../../decide/chain.ts";
import { taskOf } from "../../state/chain.ts";
import { packed } from "../../state/packed.ts";
import type { Progress } from "../../state/progress.ts";
import type { Vault } from "../../state/vault.ts";
import { failure } from "./result.ts";
import { renderInScope, type ScopeInputs } from "./scope.ts";
import { parentContext, taskSpec } from "./task.ts";
import type { Rendered } from "./templates.ts";

/** The inputs for preparing a task. */
export interface PrepareInputs extends ScopeInputs {
  vault: Vault;
}

/**
 * Reads a task's action, renders its parameters, and drafts its execution. Rejects if the index or the key-value table
 * cannot be read now.
 */
export async function prepareTask(
  inputs: PrepareInputs,
  progress: Progress,
  name: string,
): Promise<Prepared> {
  const { env, spec } = inputs;
  const task = taskOf(spec, name);
  const { ref } = task;
  const pool = task.pool ?? spec.pool;
  const action = await readAction(env.INDEX, { ref, pool });
  if (!action) {
    const { offers } = await offersOf(env.INDEX, { ref_or_id: ref });
    const where = offers.length === 0 ? "" : ` in pool "${pool}", and the task names no other (pool)`;
    const why = new Error(`Task :: ${name} - Action with ref ${ref} not registered.`);
    const text = `Failed to run task "${name}". Action with reference "${ref}" doesn't exist${where}.`;
    return { kind: "failed", error: failure(text, why) };
  }
  let own: Rendered;
  try {
    own = await parametersOf(inputs, progress, task);
  } catch (error) {
    if (!(error instanceof RenderingError)) throw error;
    const value = `action parameter "${error.key}" in task "${name}" (template string=${error.template})`;
    const why = new Error(`Failed rendering value for ${value}: ${error.message}`);
    const text = `Failed to run task "${name}". Parameter rendering failed.`;
    return { kind: "failed", error: failure(text, why) };
  }
  const run = await runOf(env, spec);
  return draft(inputs, progress, { run, task, action, own });
}

function parametersOf(inputs: ScopeInputs, progress: Progress, { parameters, params }: ChainTask) {
  const given = Object.keys(parameters).length > 0 ? parameters : params;
  const parent = parentContext(inputs.spec);
  return renderInScope(inputs, progress, given, { action_context: { parent } });
}

function draft(
  { spec, vault, children }: PrepareInputs,
  progress: Progress,
  { run, task, action, own }: { run: Run; task: ChainTask; action: Action; own: Rendered },
): Prepared {
  const { name } = task;
  const { values, secrets } = own;
  try {
    const known = [...progress.secrets, ...secrets, ...children.secrets()];
    const made = taskSpec(spec, run, task, action, { values, secrets: known });
    const child = { id: made.id, name, draft: vault.seal([made.id, "draft"], packed(made)) };
    if (child.draft.length > DRAFT_BYTES_MAX)
      throw new Error(`Its parameters and secrets take more than ${DRAFT_BYTES_MAX} bytes.`);
    return { kind: "ready", child, secrets };
  } catch (error) {
    // Only the task fails: the chain may handle the failure.
    const id = newId();
    const child = { id, name, draft: vault.seal([id, "draft"], null) };
    const result = { error: failure(`Failed running task "${name}".`, error) };
    const end = { status: "failed", result: vault.seal([id, "result"], result), secrets: null } as const;
    return { kind: "dropped", child, end, secrets };
  }
}

/** Bytes of a sealed draft: SQLite limits a row to 2 MB. */
const DRAFT_BYTES_MAX = 1_984_000;
