import type { Parameters } from "../../protocol/model/action.ts";
import type { TemplateContext } from "../../protocol/templates/render.ts";

/** A job: to render a chain's own parameters, or a mapping over the chain's values. */
export type RenderJob =
  | { kind: "parameters"; schema: Parameters; values: Record<string, unknown>; context: TemplateContext }
  | {
      kind: "mapping";
      mapping: Record<string, unknown>;
      scope: ChainScope;
    };

/** The values that a mapping's templates may refer to. Results of tasks are JSON, as they are stored. */
export interface ChainScope {
  parameters: Record<string, unknown>;
  results: Record<string, string>;
  vars: Record<string, unknown>;
  more: Record<string, unknown>;
}

/** The answer: the values as JSON, or the template that failed and the reason. */
export type RenderAnswer =
  | { kind: "rendered"; values: string }
  | { kind: "failed"; key: string; template: string; reason: string };
