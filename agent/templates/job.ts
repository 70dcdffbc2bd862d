import { messageOf } from "../../protocol/base/failure-text.ts";
import type { Parameter, Parameters } from "../../protocol/model/action.ts";
import { renderParameters } from "../../protocol/templates/render.ts";
import { type Keys, Renderer } from "../../protocol/templates/renderer.ts";
import { type ConfigValues, renderConfig, withoutSecrets } from "../packs/config.ts";

/** The input for rendering one run's templates. */
export interface RenderJob {
  pack: { ref: string; config: ConfigValues; config_schema: Parameter };
  schema: Parameters;
  values: Record<string, unknown>;
  action_context: Record<string, unknown>;
  keys: [string, { value: string; secret: boolean; denied?: string }][];
}

/** The rendered values. If the parameters fail, the configuration may still be complete: its secrets must be masked. */
export interface RenderAnswer {
  config_context: ConfigValues;
  values: Record<string, unknown>;
  /** Why it failed, with StackStorm's texts. */
  error?: string;
}

/** Renders a pack's configuration, then the parameters, which may refer to it. */
export function runJob({ pack, schema, values, action_context, keys }: RenderJob): RenderAnswer {
  const table: Keys = new Map(keys);
  const renderer = new Renderer(table);
  let config_context: ConfigValues = {};
  try {
    config_context = renderConfig(pack, renderer);
    const shown_config = withoutSecrets(pack.config_schema, config_context);
    const context = { action_context, config_context, shown_config };
    return { config_context, values: renderParameters(schema, values, context, renderer) };
  } catch (error) {
    return { config_context, values: {}, error: messageOf(error) };
  }
}
