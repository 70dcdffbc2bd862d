import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { tryDisk } from "../disk/failure.ts";
import { KeyTable } from "../job/keys.ts";
import { JobSocket } from "../job/socket.ts";
import { keyText } from "../process/environment.ts";
import { failedEnd, startText, unstartedEnd } from "../process/result.ts";
import { addVariables } from "../secrets/environment.ts";
import type { EndNote } from "../state/journal.ts";
import { fetchToken } from "./auth-token.ts";
import { drain } from "./drain.ts";
import { expand } from "./expand.ts";
import type { RunParts } from "./parts.ts";
import { prepare } from "./prepare.ts";
import { start } from "./start.ts";

/** How an execution ended on this host: with an end, or with children for other agents. */
export type Outcome = EndNote | "expanded";

/** Callbacks that report the phases of an execution to the uploader. */
export interface ExecuteLinks {
  /** The lease's present token. */
  token: () => string;
  /** The process has started. */
  onStart: () => void;
  /** There is new output in the spool. */
  notify: () => void;
}

/** Runs a leased execution, or expands it. An error becomes its end, with a text for the user. */
export async function execute(
  leased: LeasedExecution,
  parts: RunParts,
  { token, onStart, notify }: ExecuteLinks,
): Promise<Outcome> {
  const { key, context, secrets, ending } = parts;
  const { client, packs, home, mask_env } = context;
  const folder = join(home.runtime, keyText(key));
  const keys = new KeyTable(client, key.execution_id, token);
  let job: JobSocket | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    addVariables(secrets, mask_env, leased.runner_parameters);
    const prepared = await prepare(leased, packs, secrets, keys);
    const { execution } = prepared;
    // Again, because templates in variables are rendered now.
    addVariables(secrets, mask_env, execution.runner_parameters);
    if (await expand(execution, { client, token, ending })) return "expanded";
    const auth_token = await fetchToken(execution, { client, token, ending });
    secrets.add("the run's token", auth_token ?? []);
    job = await JobSocket.open(join(folder, "job"), {
      user: execution.user,
      keys,
      registerSecrets: (values) => secrets.add("a value that the action registered", values),
    });
    if (ending.why) return unstartedEnd(ending.why);
    const started = await start(prepared, parts, { folder, job_socket: job.path, auth_token, notify });
    onStart();
    return await drain(started, execution, ending);
  } catch (error) {
    return failedEnd(startText(error, folder));
  } finally {
    job?.close();
    tryDisk(folder, () => rmSync(folder, { recursive: true, force: true }));
  }
}
