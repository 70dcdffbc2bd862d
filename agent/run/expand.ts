import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { ExpandExecution, LeasedExecution } from "../../protocol/wire/agent.ts";
import { isPassing } from "../base/passing.ts";
import { type Host, parseHosts } from "../ssh/hosts.ts";
import type { Ending } from "./ending.ts";

/** Under which lease an execution is expanded, and what ends the attempts. */
export interface ExpandParts {
  client: Client;
  token: () => string;
  ending: Ending;
}

/**
 * Hands an execution on several hosts back to be the parent of a child for each: the server makes them, and the lease is
 * over. False where it runs here, or is to end first.
 */
export async function expand(
  execution: LeasedExecution,
  { client, token, ending }: ExpandParts,
): Promise<boolean> {
  const children = childrenOf(execution);
  if (!children) return false;
  for (let failures = 0; ending.why === undefined; failures++) {
    try {
      await client.expand(execution.execution_id, token(), children);
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(backoffMs(failures));
    }
  }
  return false;
}

/** The host that a remote run's chunks are labelled with. */
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

/** The hosts that an execution is for; none where it runs on the agent's own. Throws what a user can mend. */
function hostsOf({ action, runner_parameters }: LeasedExecution): Host[] {
  return action.runner_type.startsWith("remote-") ? parseHosts(runner_parameters.hosts) : [];
}
