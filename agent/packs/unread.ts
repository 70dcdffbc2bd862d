import type { ActionSpec } from "../../protocol/model/action.ts";
import { CONTEXTS } from "../../protocol/model/parameters.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import { unreadTemplate, unreadWarning } from "../../protocol/model/template-names.ts";

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
