import { retry } from "../../protocol/base/retry.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { ExpandExecution, LeasedExecution } from "../../protocol/wire/agent.ts";
import { isPassing } from "../base/passing.ts";
import { type Host, parseHosts } from "../ssh/hosts.ts";
import type { Ending } from "./ending.ts";

/** The lease under which an execution is expanded, and the ending that stops the attempts. */
export interface ExpandParts {
  client: Client;
  token: () => string;
  ending: Ending;
}

/**
 * Returns an execution on several hosts to the server, which makes it the parent of a child for each host. That ends the lease. False
 * if the execution runs here, or is ended first.
 */
export async function expand(
  execution: LeasedExecution,
  { client, token, ending }: ExpandParts,
): Promise<boolean> {
  const children = childrenOf(execution);
  if (!children) return false;
  const attempt = async () => {
    if (ending.why !== undefined) return false;
    await client.expand(execution.execution_id, token(), children);
    return true;
  };
  return retry(attempt, { isWorth: isPassing });
}

/** The host that labels the chunks of a remote run. */
export function hostOf(execution: LeasedExecution): string | undefined {
  return execution.host ?? hostsOf(execution)[0]?.key;
}

function childrenOf(execution: LeasedExecution): ExpandExecution | undefined {
  const hosts = hostsOf(execution).map(({ key, text }) => ({ key, address: text }));
  if (hosts.length < 2) return undefined;
  const { concurrency, allow_partial_failure } = execution.runner_parameters;
  return {
    hosts,
    concurrency: Number(concurrency ?? hosts.length),
    allow_partial_failure: allow_partial_failure === true,
  };
}

/** The hosts of a remote execution; none for an execution on the agent's host. Throws with a text for the user. */
function hostsOf({ action, runner_parameters }: LeasedExecution): Host[] {
  return action.runner_type.startsWith("remote-") ? parseHosts(runner_parameters.hosts) : [];
}
