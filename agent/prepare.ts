import type { LeasedExecution } from "../protocol/agent.ts";
import { checkParameters, hasTemplate, parameterSchema } from "../protocol/parameters.ts";
import { RUNNER_TYPES } from "../protocol/runners.ts";
import type { KeyTable } from "./job/keys.ts";
import { secretConfig } from "./packs/config.ts";
import type { LoadedPack } from "./packs/load.ts";
import { secretValues } from "./secrets/schema.ts";
import type { Secrets } from "./secrets/secrets.ts";
import { keysOf, renderParameters, type TemplateContext } from "./templates/render.ts";

/** A leased execution as its runner takes it: nothing in it is a template any more. */
export interface Prepared {
  execution: LeasedExecution;
  pack: LoadedPack | undefined;
}

/**
 * Renders what an execution was given, over the other parameters, the pack's configuration and the key-value table, checks
 * it against the schema, and registers its secrets. Throws what a user can mend, with StackStorm's texts.
 */
export async function prepare(
  execution: LeasedExecution,
  pack: LoadedPack | undefined,
  secrets: Secrets,
  keys: KeyTable,
): Promise<Prepared> {
  const { action, runner_parameters, action_parameters } = execution;
  const schema = parameterSchema(action, RUNNER_TYPES[action.runner_type]);
  const all = { ...schema.action, ...schema.runner };
  const given = { ...action_parameters, ...runner_parameters };
  addParameters();
  const config = pack?.config ?? {};
  const names = [given, config].filter(hasTemplate).flatMap(keysOf);
  const table = await keys.of(names);
  // Also a value that no template opens: it is secret, and may come into an error's text.
  for (const { name, value, secret } of table) if (secret) secrets.add(`the key "${name}"`, value);
  const context: TemplateContext = {
    action_context: execution.context,
    config_context: {},
    keys: new Map(table.map(({ name, value, secret }) => [name, { value, secret }])),
  };
  const ownConfig = renderParameters({}, config, context);
  if (pack) secrets.add("the pack's configuration", secretConfig(pack.folder, ownConfig.values));
  const rendered = renderParameters(all, given, { ...context, config_context: ownConfig.values });
  Object.assign(given, rendered.values);
  addParameters();
  checkParameters(all, rendered.values);
  const pick = (names: object) =>
    Object.fromEntries(Object.entries(rendered.values).filter(([name]) => Object.hasOwn(names, name)));
  return {
    execution: {
      ...execution,
      runner_parameters: pick(schema.runner),
      action_parameters: pick(schema.action),
    },
    pack: pack && { ...pack, config: ownConfig.values },
  };

  function addParameters(): void {
    for (const [name, value] of Object.entries(given)) {
      if (hasTemplate(value)) continue;
      // Secret is what either of the two calls so: the runner, or the action that overrides the runner's parameter.
      const schemas = [all[name] ?? {}, action.parameters[name] ?? {}];
      secrets.add(
        `the parameter "${name}"`,
        schemas.flatMap((schema) => secretValues(schema, value)),
      );
    }
  }
}
