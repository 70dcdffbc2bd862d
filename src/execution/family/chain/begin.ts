import { TailraceError } from "../../../../protocol/base/errors.ts";
import { firstTask } from "../../../../protocol/model/chain.ts";
import { checkParameters, parameterSchema } from "../../../../protocol/model/parameters.ts";
import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import { chainOf } from "../../state/chain.ts";
import { type Progress, UNBEGUN } from "../../state/progress.ts";
import { maskTexts, secretsOf } from "../../state/secrets.ts";
import { failure } from "./result.ts";
import { rendered } from "./templates.ts";

/**
 * Renders a chain's own parameters, then its variables, and finds its first task. Errors in them end the chain. Rejects if
 * the key-value table cannot be read now.
 */
export async function beginChain(env: Env, spec: ExecutionSpec): Promise<Progress> {
  const { action, runner, resolved, context } = spec;
  const chain = chainOf(spec);
  const schema = parameterSchema(action, runner).action;
  const progress: Progress = { ...UNBEGUN, secrets: secretsOf(spec, {}) };
  try {
    const known = { action_context: context, config_context: {} };
    const own = await rendered(env, spec, {
      kind: "parameters",
      schema,
      values: resolved.action,
      context: known,
    });
    // Secrets are masked before the text is shortened, because a cut secret would not be found.
    checkParameters(schema, own.values, (text) => maskTexts(text, [...progress.secrets, ...own.secrets]));
    // A parameter that was not given is null in templates, not undefined.
    const none = Object.fromEntries(Object.keys(schema).map((name) => [name, null]));
    progress.parameters = { ...none, ...own.values };
    const resolvedNow = { ...spec, resolved: { runner: {}, action: own.values } };
    progress.secrets.push(...own.secrets, ...secretsOf(resolvedNow, {}));
    const vars = await rendered(env, spec, {
      kind: "mapping",
      mapping: chain.vars,
      scope: { parameters: progress.parameters, results: {}, vars: {}, more: {} },
    });
    progress.vars = vars.values;
    progress.secrets.push(...vars.secrets);
    progress.next = firstTask(chain)?.name ?? null;
  } catch (error) {
    // An error of the key-value table is tried again.
    if (!(error instanceof RenderingError || error instanceof TailraceError)) throw error;
    progress.error = failure("Failed initializing ``vars`` in chain.", error);
  }
  return progress;
}
