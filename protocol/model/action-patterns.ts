import type { Steps } from "../base/steps.ts";
import { type SchemaProblem, schemaProblem } from "../schema/subschemas.ts";
import type { ActionSpec } from "./action.ts";

/** The first pattern in an action's schemas that cannot be compiled. */
export function patternProblem(
  { parameters, output_schema }: Pick<ActionSpec, "parameters" | "output_schema">,
  steps: Steps,
): SchemaProblem | undefined {
  for (const [name, parameter] of Object.entries(parameters)) {
    const problem = schemaProblem(parameter, steps);
    if (problem) return { ...problem, keys: ["parameters", name, ...problem.keys] };
  }
  // Older packs give only the properties of a result.
  const schemas = output_schema ? [output_schema, { properties: output_schema }] : [];
  const problem = schemas.map((schema) => schemaProblem(schema, steps)).find((found) => found);
  return problem && { ...problem, keys: ["output_schema", ...problem.keys] };
}
