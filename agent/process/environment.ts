import { homedir } from "node:os";
import { isStructure } from "../../protocol/base/numbers.ts";
import { variableText } from "../../protocol/model/arguments.ts";
import type { LeasedExecution, LeaseKey } from "../../protocol/wire/agent.ts";

/** Tells an action its execution's id, as StackStorm does. */
export const EXECUTION_VARIABLE = "ST2_ACTION_EXECUTION_ID";

/** Marks every process of a lease in its environment. At the end, the agent finds and ends the processes by it. */
export const MARK = "TAILRACE_RUN";

/** A lease as text, for the names of its folders. Two leases of one execution share no folder. */
export function keyText({ execution_id, epoch }: LeaseKey): string {
  return `${execution_id}.${epoch}`;
}

/** The value of a lease's mark. Ids have one length, so no mark is the beginning of another: remote hosts search it as text. */
export function markText({ execution_id, epoch }: LeaseKey): string {
  return `${epoch}.${execution_id}`;
}

/** Names the run's own socket to its action (see `docs/runners.md`). */
export const JOB_SOCKET = "TAILRACE_JOB_SOCKET";

/** The folders of a system's programs, where the environment names no path. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The locale of programs where the host names none: text is UTF-8, and everything else is the system's default. */
export const UTF8_LOCALE = "C.UTF-8";

/** The variables that name the locale of characters. The first that is set and not empty counts. */
export const LOCALE_VARIABLES = ["LC_ALL", "LC_CTYPE", "LANG"] as const;

/**
 * The variables that programs rely on and this environment lacks. A service manager may start the agent without any. What the
 * environment names stays as it is.
 */
export function missingVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(env.PATH ? {} : { PATH: SYSTEM_PATH }),
    ...(env.HOME ? {} : { HOME: homedir() }),
    ...(LOCALE_VARIABLES.some((name) => env[name]) ? {} : { LANG: UTF8_LOCALE }),
  };
}

/** The agent's environment without the agent's own settings, such as the key for its collector. */
export function ownEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(TAILRACE_|OTEL_|TRACEPARENT$)/.test(name));
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? ""]));
}

/** The variables that a user gives a run. */
export function userEnvironment({ env }: Record<string, unknown>): Record<string, string> {
  const users = isStructure(env) ? Object.entries(env) : [];
  return Object.fromEntries(users.map(([name, value]) => [name, variableText(value)]));
}

/** The variables that StackStorm sets for every action, and the action's place in its trace. */
export function actionEnvironment(
  execution: LeasedExecution,
  { url, auth_token }: { url: string; auth_token: string | undefined },
): Record<string, string> {
  const { debug } = execution.runner_parameters;
  return {
    ST2_ACTION_PACK_NAME: execution.action.pack,
    [EXECUTION_VARIABLE]: execution.execution_id,
    [MARK]: markText(execution),
    ST2_ACTION_API_URL: `${url}/api/v1`,
    ST2_ACTION_DEBUG: debug === true ? "True" : "False",
    ...(auth_token === undefined ? {} : { ST2_ACTION_AUTH_TOKEN: auth_token }),
    ...(execution.traceparent === undefined ? {} : { TRACEPARENT: execution.traceparent }),
  };
}
