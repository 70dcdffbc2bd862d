import type { LeasedExecution } from "../protocol/agent.ts";
import { checkParameters, hasTemplate, parameterSchema } from "../protocol/parameters.ts";
import { RUNNER_TYPES } from "../protocol/runners.ts";
import type { KeyTable } from "./job/keys.ts";
import { secretConfig } from "./packs/config.ts";
import type { LoadedPack } from "./packs/load.ts";
import type { Secrets } from "./secrets/secrets.ts";
import { keysOf, renderParameters, type TemplateContext } from "./templates/render.ts";

/** A leased execution as its runner takes it: nothing in it is a template any more. */
export interface Prepared {
  execution: LeasedExecution;
  pack: LoadedPack | undefined;
  /** Names of secret parameters whose values are too short to be masked. */
  unmasked: string[];
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
  const unmasked = addSecrets();
  const config = pack?.config ?? {};
  const names = [given, config].filter(hasTemplate).flatMap(keysOf);
  const table: TemplateContext["keys"] = new Map(
    (await keys.of(names)).map((key) => [key.name, { value: key.value, secret: key.secret }]),
  );
  const context = { action_context: execution.context, config_context: {}, keys: table };
  const ownConfig = renderParameters({}, config, context);
  if (pack) secrets.add(secretConfig(pack.folder, ownConfig.values));
  secrets.add(ownConfig.secrets);
  const rendered = renderParameters(all, given, { ...context, config_context: ownConfig.values });
  secrets.add(rendered.secrets);
  Object.assign(given, rendered.values);
  unmasked.push(...addSecrets());
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
    unmasked: [...new Set(unmasked)],
  };

  function addSecrets(): string[] {
    const secret = Object.keys(all).filter((name) => all[name]?.secret && !hasTemplate(given[name]));
    return secret.filter((name) => secrets.add(given[name]).too_short > 0);
  }
}
