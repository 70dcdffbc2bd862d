import { boundedResultText } from "../../protocol/agent.ts";
import { FAMILY_RESULT_CHARS_MAX } from "../../protocol/limits.ts";
import type { Status } from "../../protocol/status.ts";
import type { Child } from "./children.ts";
import type { ExecutionSpec, FamilyPlan } from "./state.ts";

/** What a child is made from: its parent, on one host. */
export function childSpec(
  parent: ExecutionSpec,
  { id, host, address }: Child,
  liveaction_id: string,
): ExecutionSpec {
  const { resolved, parameters, context, web_url } = parent;
  return {
    ...parent,
    id,
    liveaction_id,
    parameters: { ...parameters, hosts: address },
    resolved: { ...resolved, runner: { ...resolved.runner, hosts: address } },
    context: { ...context, parent: { ...context, execution_id: parent.id } },
    parent: { id: parent.id, host },
    web_url: web_url.replace(parent.id, id),
  };
}

/**
 * How a parent ends whose children have all ended: failed if any did, unless some may; a timeout only if all of them took
 * too long (StackStorm's rule).
 */
export function familyStatus(
  children: Child[],
  { allow_partial_failure }: FamilyPlan,
  canceled: boolean,
): Status {
  if (canceled) return "canceled";
  const count = (...wanted: Status[]) =>
    children.filter(({ status }) => status !== null && wanted.includes(status)).length;
  if (count("succeeded") === children.length) return "succeeded";
  if (count("timeout") === children.length) return "timeout";
  if (count("succeeded") > 0 && allow_partial_failure) return "succeeded";
  if (count("abandoned") === children.length) return "abandoned";
  return "failed";
}

/**
 * What a parent keeps of a child's result. The child has all of it; here each host has its share of what a result may
 * take, so that many of them fit.
 */
export function shareOf(result: Record<string, unknown>, host: string, hosts: number): unknown {
  const own = result[host] ?? result;
  if (typeof own !== "object" || own === null) return own;
  const half = Math.floor(FAMILY_RESULT_CHARS_MAX / hosts / STREAMS / 2);
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      if (text === undefined || text.length <= 2 * half) return [name, value];
      return [name, boundedResultText(text.slice(0, half), text.length - 2 * half, text.slice(-half))];
    }),
  );
}

/** Values of a host's result that may be long: stdout, stderr, and the rest together. */
const STREAMS = 3;
