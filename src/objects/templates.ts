import type { Parameters } from "../../protocol/model/action.ts";
import type { TemplateContext } from "../../protocol/templates/render.ts";

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
