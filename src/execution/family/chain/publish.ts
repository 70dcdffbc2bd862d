import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import type { Published } from "../../decide/chain.ts";
import { taskOf } from "../../state/chain.ts";
import type { Progress } from "../../state/progress.ts";
import { renderInScope, type ScopeInputs } from "./scope.ts";

/** Renders the variables that a task publishes. Rejects if the key-value table cannot be read now. */
export async function publishVariables(
  inputs: ScopeInputs,
  progress: Progress,
  name: string,
): Promise<Published> {
  try {
    const { publish } = taskOf(inputs.spec, name);
    return { kind: "rendered", ...(await renderInScope(inputs, progress, publish)) };
  } catch (error) {
    if (!(error instanceof RenderingError)) throw error;
    const value = `publish parameter "${error.key}" in task "${name}" (template string=${error.template})`;
    return { kind: "failed", error: `Failed rendering value for ${value}: ${error.message}` };
  }
}
