import { CONTEXTS, checkParameters, parameterSchema } from "../../protocol/model/parameters.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import { checkStart } from "../../protocol/model/start.ts";
import { secretValues } from "../../protocol/model/subschema.ts";
import { hasTemplate, unreadTemplate, unreadWarning } from "../../protocol/model/template-names.ts";
import { keysOf } from "../../protocol/templates/renderer.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import type { KeyTable } from "../job/keys.ts";
import type { LoadedPack } from "../packs/load.ts";
import { ownExecution, ownHost } from "../packs/own.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { renderRun } from "../templates/render.ts";

/** A leased execution, ready for its runner: all templates are rendered. */
export interface Prepared {
  execution: LeasedExecution;
  pack: LoadedPack;
}

/**
 * Takes the action from this host's own pack. Renders the execution's parameters, which may refer to each other, to the pack's
 * configuration and to the key-value table. Checks them against the schema, and registers their secrets. Throws with StackStorm's
 * texts for the user.
 */
export async function prepare(
  leased: LeasedExecution,
  packs: ReadonlyMap<string, LoadedPack>,
  secrets: Secrets,
  keys: KeyTable,
): Promise<Prepared> {
  // Registered before an error's text can contain them. A value is secret if the server's or this host's schema says so.
  secrets.add("a secret of the chain", leased.secrets ?? []);
  const leased_values = { ...leased.action_parameters, ...leased.runner_parameters, ...leased.parameters };
  addParameters(leased.action, leased_values, (value) => !hasTemplate(value));
  const { execution, pack } = ownExecution(leased, packs);
  const { action, runner_parameters, action_parameters, context: action_context } = execution;
  const schema = parameterSchema(action, RUNNER_TYPES[action.runner_type]);
  const all = { ...schema.action, ...schema.runner };
  const given = { ...action_parameters, ...runner_parameters };
  addParameters(action, given, (value) => !hasTemplate(value));
  const table = await keys.of(keysOf([given, pack.config]));
  // Also values that no template uses: an error's text may contain them.
  for (const [id, { value, secret }] of table) if (secret) secrets.add(`the key "${id}"`, value);
  const {
    config_context,
    values: all_rendered,
    error,
  } = await renderRun({
    pack: { ref: pack.ref, config: pack.config, config_schema: pack.config_schema },
    schema: all,
    values: given,
    action_context,
    keys: [...table],
  });
  secrets.add("the pack's configuration", secretValues(pack.config_schema, config_context));
  if (error !== undefined) throw new Error(error);
  for (const [name, value] of Object.entries(given)) {
    const unread = unreadTemplate(
      value,
      (variable) => Object.hasOwn(all, variable) || CONTEXTS.includes(variable),
    );
    if (unread) secrets.warn(unreadWarning(`the parameter "${name}"`, unread));
  }
  for (const { parameters } of [leased.action, action])
    addParameters({ ...action, parameters }, all_rendered);
  checkParameters(all, all_rendered, (text) => secrets.maskText(text));
  const rendered = ownHost(leased, all_rendered);
  const pick = (names: object) =>
    Object.fromEntries(Object.entries(rendered).filter(([name]) => Object.hasOwn(names, name)));
  const parameters = {
    runner_parameters: pick(schema.runner),
    action_parameters: pick(schema.action),
  };
  checkStart(action, parameters.runner_parameters, parameters.action_parameters, () => true);
  return {
    execution: { ...execution, ...parameters },
    pack: { ...pack, config: config_context },
  };

  function addParameters(
    { parameters, runner_type }: LeasedExecution["action"],
    values: Record<string, unknown>,
    isWanted: (value: unknown) => boolean = () => true,
  ): void {
    const ofRunner = RUNNER_TYPES[runner_type].runner_parameters;
    for (const [name, value] of Object.entries(values)) {
      if (!isWanted(value)) continue;
      // A value is secret if the runner's schema or the action's schema says so.
      const schemas = [ofRunner[name] ?? {}, parameters[name] ?? {}];
      secrets.add(
        `the parameter "${name}"`,
        schemas.flatMap((one) => secretValues(one, value)),
      );
    }
  }
}
