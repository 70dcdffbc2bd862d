import type { ActionSpec } from "../../protocol/model/action.ts";
import { CONTEXTS } from "../../protocol/model/parameters.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import {
  brokenWarning,
  syntaxErrorIn,
  unreadTemplate,
  unreadWarning,
} from "../../protocol/model/template-names.ts";

/** Warnings about defaults that are left as they are, because their syntax is wrong. */
export function unreadDefaults({ parameters, runner_type }: ActionSpec): string[] {
  const runner = Object.entries(RUNNER_TYPES).find(([name]) => name === runner_type)?.[1];
  const known = { ...runner?.runner_parameters, ...parameters };
  return Object.entries(parameters).flatMap(([name, { default: value }]) => {
    const unread = unreadTemplate(
      value,
      (variable) => Object.hasOwn(known, variable) || CONTEXTS.includes(variable),
    );
    return unread ? [unreadWarning(`the default of "${name}"`, unread)] : [];
  });
}

/** Warnings about templates of a chain at which it will fail, because their syntax is wrong. */
export function brokenTemplates({ chain }: ActionSpec): string[] {
  if (!chain) return [];
  const parts: [string, unknown][] = [
    ["vars", chain.vars],
    ...chain.chain.flatMap(({ name, params, parameters, publish }): [string, unknown][] => [
      [`the parameters of the task "${name}"`, [params, parameters]],
      [`publish of the task "${name}"`, publish],
    ]),
  ];
  return parts.flatMap(([whose, value]) => {
    const reason = syntaxErrorIn(value);
    return reason === undefined ? [] : [brokenWarning(whose, reason)];
  });
}
