import { retry } from "../../protocol/base/retry.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { isPassing } from "../base/passing.ts";
import type { Ending } from "./ending.ts";

/** Runners that start no program, which could use a token. */
const WITHOUT_PROGRAM = ["noop", "http-request"];

/**
 * The token of the run's user, for its program; undefined if the server gives none, or if the run is asked to end first.
 */
export async function fetchToken(
  { execution_id, action, auth_token }: LeasedExecution,
  { client, token, ending }: { client: Client; token: () => string; ending: Ending },
): Promise<string | undefined> {
  if (!auth_token || WITHOUT_PROGRAM.includes(action.runner_type)) return undefined;
  const attempt = async () => {
    if (ending.why !== undefined) return undefined;
    return (await client.runToken(execution_id, token())).token;
  };
  return retry(attempt, { isWorth: isPassing });
}
