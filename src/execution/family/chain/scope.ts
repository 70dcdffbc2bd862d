import { CHAIN_CONTEXT_CHARS_MAX } from "../../../../protocol/base/limits.ts";
import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import { templatesIn } from "../../../../protocol/templates/renderer.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import { chainOf } from "../../state/chain.ts";
import type { Children } from "../../state/children.ts";
import type { Progress } from "../../state/progress.ts";
import { type Rendered, rendered } from "./templates.ts";

/** The sources of the values that a chain's templates refer to. */
export interface ScopeInputs {
  env: Env;
  spec: ExecutionSpec;
  children: Children;
}

/**
 * Renders values over a chain's parameters, the results of its tasks, its variables, and more. Rejects with the error of a
 * template, or if the key-value table cannot be read now.
 */
export async function renderInScope(
  inputs: ScopeInputs,
  { parameters, vars }: Progress,
  values: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<Rendered> {
  const names = new Set(templatesIn(values).flatMap(({ names }) => [...names]));
  if (names.has("config_context")) {
    const reason = "config_context is not known in a chain: a pack's configuration stays on its hosts";
    throw new RenderingError("config_context", values, reason);
  }
  const results = resultsOf(inputs, names, values);
  return rendered(inputs.env, inputs.spec, {
    kind: "mapping",
    mapping: values,
    scope: { parameters, results, vars, more },
  });
}

/** The results of the tasks that templates refer to, because all results together may be too large. */
function resultsOf(
  { spec, children }: ScopeInputs,
  names: Set<string>,
  values: Record<string, unknown>,
): Record<string, string> {
  const wanted = chainOf(spec).chain.filter(({ name }) => names.has("__results") || names.has(name));
  let chars = 0;
  const results: Record<string, string> = {};
  for (const { name } of wanted) {
    const result = children.newestResult(name);
    if (result === undefined) continue;
    chars += result.length;
    if (chars > CHAIN_CONTEXT_CHARS_MAX) {
      throw new RenderingError(name, values, "the results that it refers to are too large together");
    }
    results[name] = result;
  }
  return results;
}
