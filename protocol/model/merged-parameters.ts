import type { Action, Parameter, Parameters, RunnerType } from "./action.ts";

/**
 * The parameters of an action as StackStorm's views show them: its runner's and its own. Of a parameter that both name, the
 * action's attributes count; it is immutable if either says so. Without a runner, only the action's own.
 */
export function mergedParameters(
  { parameters }: Pick<Action, "parameters">,
  runner: RunnerType | undefined,
): Parameters {
  const merged: Parameters = { ...parameters };
  for (const [name, ofRunner] of Object.entries(runner?.runner_parameters ?? {})) {
    merged[name] = mergedParameter(ofRunner, parameters[name] ?? {});
  }
  return merged;
}

function mergedParameter(ofRunner: Parameter, own: Parameter): Parameter {
  const merged = { ...ofRunner, ...own };
  return ofRunner.immutable ? { ...merged, immutable: true } : merged;
}
