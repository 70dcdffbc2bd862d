import { useMemo, useState } from "preact/hooks";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Action } from "../../../protocol/model/action.ts";
import { DEFAULT_POOL } from "../../../protocol/model/default-pool.ts";
import { isHere } from "../../../protocol/model/missing-runners.ts";
import {
  grantedActions,
  mayRun,
  mayRunAny,
  permits,
  type Rights,
} from "../../../protocol/model/permissions.ts";
import { href } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";

/** Actions that are requested by name at the same time. */
const NAMED_MAX = 50;

/** The actions that the user may see: the list, or, without a right to it, those granted by name. */
export async function readActions({ client }: Session, rights: Rights): Promise<Action[]> {
  const named = grantedActions(rights).slice(0, NAMED_MAX);
  if (permits(rights, "action_list") || named.length === 0) return client.actions();
  const found = await Promise.all(
    named.map(({ ref, pool }) => client.action(ref, pool ?? undefined).catch(passOver)),
  );
  return found.flatMap((action) => action ?? []);
}

/** A granted action may not exist any more, or the grant may only be for its executions. */
function passOver(error: unknown): undefined {
  if (error instanceof TailraceError && /^(forbidden|action_not_found|ambiguous_pool)$/.test(error.code))
    return undefined;
  throw error;
}

/** The list of actions. */
export function ActionList({ actions, rights }: { actions: Action[]; rights: Rights }) {
  const [wanted, setWanted] = useState("");
  const shown = useMemo(
    () =>
      actions.filter(({ ref, description }) =>
        `${ref} ${description}`.toLowerCase().includes(wanted.toLowerCase()),
      ),
    [actions, wanted],
  );
  return (
    <>
      <h1 class="head">{mayRunAny(rights) ? "Run an action" : "Actions"}</h1>
      <div class="tools">
        <input
          aria-label="Find an action"
          placeholder="find an action"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <span class="soft">
          {shown.length} of {actions.length}
        </span>
      </div>
      {actions.length === 0 && (
        <div class="nothing">
          <h2>No action is registered</h2>
          <p>
            Agents register the actions of their packs. Start one: <code>tailrace agent -h</code> shows how.
          </p>
        </div>
      )}
      <table class="actions">
        <tbody>
          {shown.map((action) => (
            <tr key={action.id}>
              <td>
                <a href={href(`/run/${action.ref}?pool=${action.pool}`)}>{action.ref}</a>{" "}
                <span class="soft">
                  {action.pool === DEFAULT_POOL ? "" : `in ${action.pool} `}
                  {closedText(action, rights)}
                </span>
              </td>
              <td class="soft">{action.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function closedText(action: Action, rights: Rights): string {
  if (!action.enabled) return "(disabled)";
  if (!isHere(action.runner_type)) return `(${action.runner_type}: not run here)`;
  return mayRun(rights, action) ? "" : "(view only)";
}
