import { messageOf } from "../../protocol/base/failure-text.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import { RenderingError, renderMapping } from "../../protocol/templates/mapping.ts";
import { renderParameters } from "../../protocol/templates/render.ts";
import type { Renderer } from "../../protocol/templates/renderer.ts";
import type { RenderAnswer, RenderJob } from "../objects/templates.ts";

/** Renders a job to its end. */
export function runJob(job: RenderJob, renderer: Renderer): RenderAnswer {
  try {
    return { kind: "rendered", values: writeExact(valuesOf(job, renderer)) };
  } catch (error) {
    const { key, template } = error instanceof RenderingError ? error : { key: "", template: "" };
    return { kind: "failed", key, template, reason: messageOf(error) };
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
