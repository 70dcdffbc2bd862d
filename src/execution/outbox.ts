import type { Execution } from "../../protocol/execution.ts";
import { writeRow } from "../index/executions.ts";
import type { ExecutionState } from "./state.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Tells the index, the pool and the parent what they do not know yet, and strikes out of the outbox what they have taken; what fails
 * stays, for the alarm. `unheld`: the pool was told to cancel, and no agent has the execution or ever will.
 */
export async function deliver(
  env: Env,
  state: ExecutionState,
  document: () => Execution,
  upstream: Upstream | undefined,
  result: () => Record<string, unknown> | undefined,
): Promise<"delivered" | "unheld" | "failed"> {
  const { version } = state;
  const { index, pool, parent } = state.outbox;
  let unheld = false;
  try {
    if (parent && upstream) {
      await upstream.end({ status: state.status, result: result() ?? {} });
      state.outbox.parent = false;
    }
    if (index) await writeRow(env.INDEX, document(), version);
    // What has changed meanwhile is owed again.
    if (index && state.version === version) state.outbox.index = false;
    if (pool) unheld = !(await tellPool(env, state, pool));
    if (state.outbox.pool === pool) state.outbox.pool = null;
  } catch (error) {
    console.error(`execution ${state.spec.id}: not delivered yet: ${error}`);
    return "failed";
  }
  return unheld ? "unheld" : "delivered";
}

/** False where the pool was told to cancel what no agent has. */
async function tellPool(
  env: Env,
  state: ExecutionState,
  what: "enqueue" | "cancel" | "release",
): Promise<boolean> {
  const pool = env.RUNNER_POOL.getByName(state.spec.pool);
  const { id, runner } = state.spec;
  if (what === "cancel") return await pool.cancel(id);
  if (what === "enqueue") await pool.enqueue(id, runner.name);
  else await pool.release(id);
  return true;
}
