import { PAGE_EXECUTIONS_MAX } from "../../protocol/base/limits.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { Execution } from "../../protocol/model/execution.ts";

/** Every execution that the server lists. */
export async function listAll(client: Client): Promise<Execution[]> {
  const all: Execution[] = [];
  for (;;) {
    const page = await client.list({ limit: PAGE_EXECUTIONS_MAX, offset: all.length });
    all.push(...page);
    if (page.length < PAGE_EXECUTIONS_MAX) return all;
  }
}

/** The listed executions that have not ended. */
export async function listUnfinished(client: Client): Promise<Execution[]> {
  return (await listAll(client)).filter(({ status }) => !isCompleted(status));
}
