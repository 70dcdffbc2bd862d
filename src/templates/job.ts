import { parseJson } from "../../protocol/base/json.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { Parameters } from "../../protocol/model/action.ts";
import { RenderingError, renderMapping } from "../../protocol/templates/mapping.ts";
import { renderParameters, type TemplateContext } from "../../protocol/templates/render.ts";
import type { Renderer } from "../../protocol/templates/renderer.ts";

/** What is to be rendered: a chain's own parameters, or a mapping over what the chain knows. */
export type RenderJob =
  | { kind: "parameters"; schema: Parameters; values: Record<string, unknown>; context: TemplateContext }
  | {
      kind: "mapping";
      mapping: Record<string, unknown>;
      scope: ChainScope;
    };

/** Where a mapping's templates find what they refer to; results of tasks as the JSON that is stored of them. */
export interface ChainScope {
  parameters: Record<string, unknown>;
  results: Record<string, string>;
  vars: Record<string, unknown>;
  more: Record<string, unknown>;
}

/** What came of it: the values as JSON, or what the templates have wrong. */
export type RenderAnswer =
  | { kind: "rendered"; values: string }
  | { kind: "failed"; key: string; template: string; reason: string };

/** Renders a job to its end. */
export function runJob(job: RenderJob, renderer: Renderer): RenderAnswer {
  try {
    return { kind: "rendered", values: writeExact(valuesOf(job, renderer)) };
  } catch (error) {
    const { key, template } = error instanceof RenderingError ? error : { key: "", template: "" };
    return { kind: "failed", key, template, reason: error instanceof Error ? error.message : String(error) };
  }
}

function valuesOf(job: RenderJob, renderer: Renderer): Record<string, unknown> {
  if (job.kind === "parameters") return renderParameters(job.schema, job.values, job.context, renderer);
  const { parameters, vars, more } = job.scope;
  const results = Object.fromEntries(
    Object.entries(job.scope.results).map(([task, result]) => [task, parseJson(result, { exact: true })]),
  );
  const scope = { ...parameters, ...results, ...vars, __results: results, ...more };
  return renderMapping(renderer, job.mapping, scope);
}
