import type { Status } from "../../../protocol/base/status.ts";
import type { Child } from "../state/child.ts";
import type { HostsPlan } from "../state/state.ts";

/**
 * The status of a parent on several hosts: failed if any child has not succeeded, unless some may; a timeout only if all of
 * them took too long (StackStorm's rule).
 */
export function familyStatus(
  children: readonly Child[],
  { allow_partial_failure }: Pick<HostsPlan, "allow_partial_failure">,
): Status {
  const count = (wanted: Status) => children.filter(({ status }) => status === wanted).length;
  if (count("succeeded") === children.length) return "succeeded";
  if (count("timeout") === children.length) return "timeout";
  if (count("succeeded") > 0 && allow_partial_failure) return "succeeded";
  if (count("abandoned") === children.length) return "abandoned";
  return "failed";
}
