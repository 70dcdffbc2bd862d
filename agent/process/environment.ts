import type { LeasedExecution } from "../../protocol/agent.ts";

/** Marks every process of an execution, wherever it moves to: what is swept at the end is found by it. */
export const MARK = "ST2_ACTION_EXECUTION_ID";

/** An action's environment: the agent's own without what is the agent's alone, then the user's, then StackStorm's. */
export function environmentOf(execution: LeasedExecution, url: string): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("TAILRACE_"));
  const { env, debug } = execution.runner_parameters;
  const users = typeof env === "object" && env !== null ? Object.entries(env) : [];
  return {
    PYTHONUNBUFFERED: "1",
    ...Object.fromEntries(own.map(([name, value]) => [name, value ?? ""])),
    ...Object.fromEntries(users.map(([name, value]) => [name, String(value)])),
    ST2_ACTION_PACK_NAME: execution.action.pack,
    [MARK]: execution.execution_id,
    ST2_ACTION_API_URL: `${url}/api/v1`,
    ST2_ACTION_DEBUG: debug === true ? "True" : "False",
  };
}
