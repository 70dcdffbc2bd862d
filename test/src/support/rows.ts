import { env } from "cloudflare:workers";
import { newId } from "../../../protocol/base/id.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { RUNNER_TYPES } from "../../../protocol/model/runners.ts";
import { writeRow } from "../../../src/index/executions.ts";

/** The given fields of an index row. The rest of its document is made up. */
export interface Row {
  id?: string;
  action?: string;
  status?: Execution["status"];
  user?: string;
  parent?: string;
  start_timestamp?: string;
}

/** Writes a row into the index without an execution behind it. */
export async function writeIndexRow({
  id = newId(),
  action = "rows.plain",
  status = "succeeded",
  user = "ann",
  parent,
  start_timestamp = "2026-11-01T00:00:00.000000Z",
}: Row): Promise<Execution> {
  const [pack = "", name = ""] = action.split(".");
  const execution: Execution = {
    id,
    status,
    start_timestamp,
    action: { ref: action, pack, name, runner_type: "local-shell-cmd" },
    runner: RUNNER_TYPES["local-shell-cmd"],
    liveaction: {
      id: newId(),
      action,
      action_is_workflow: false,
      callback: {},
      runner_info: {},
      parameters: { cmd: "true" },
    },
    parameters: { cmd: "true" },
    context: { user, pack },
    log: [{ status, timestamp: start_timestamp }],
    web_url: `http://tailrace.test/#/history/${id}/general`,
    ...(parent === undefined ? {} : { parent }),
  };
  await writeRow(env.INDEX, execution, 1);
  return execution;
}
