import type { Execution } from "../../protocol/execution.ts";
import { isCompleted } from "../../protocol/status.ts";
import { hubOf } from "../hub/shards.ts";
import { writeRow } from "../index/executions.ts";
import { isChain } from "./chain/task.ts";
import type { ExecutionState } from "./state.ts";
import type { Upstream } from "./upstream.ts";

/** How long the alarm waits before it tells again what could not be told. */
export const OUTBOX_RETRY_MS = 2_000;

/** Whether somebody must still be told something. */
export function owes({ outbox, log }: ExecutionState): boolean {
  return outbox.index || outbox.pool !== null || outbox.parent || outbox.announced < log.length;
}

/** What is told of an execution, made when it is needed. */
export interface Told {
  document: () => Execution;
  /** The document as it was at a change of status, by its place in the log. */
  documentAt: (change: number) => Execution;
  result: () => Record<string, unknown> | undefined;
  /** Texts in the result that no document may show. */
  secrets: () => string[];
  /** Begins what needs no agent. */
  begin: () => void;
}

/**
 * Tells the index, the hub, the pool and the parent what they do not know yet, all at once, and strikes out of the outbox
 * what each has taken; what fails stays, for the alarm. `unheld`: the pool was told to cancel, and no agent has the
 * execution or ever will.
 */
export async function deliver(
  env: Env,
  state: ExecutionState,
  upstream: Upstream | undefined,
  told: Told,
): Promise<"delivered" | "unheld" | "failed"> {
  let unheld = false;
  const outcomes = await Promise.allSettled([
    tellParent(state, upstream, told),
    tellIndex(env, state, told),
    tellHub(env, state, told),
    tellPool(env, state, told).then((held) => {
      unheld = !held;
    }),
  ]);
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  for (const error of failures) console.error(`execution ${state.spec.id}: not delivered yet: ${error}`);
  if (failures.length > 0) return "failed";
  return unheld ? "unheld" : "delivered";
}

async function tellParent(state: ExecutionState, upstream: Upstream | undefined, told: Told): Promise<void> {
  if (!state.outbox.parent || !upstream) return;
  const { status } = state;
  if (isCompleted(status)) {
    await upstream.end({ status, result: told.result() ?? {}, secrets: told.secrets() });
  } else await upstream.pause();
  // What has become of it meanwhile is owed again.
  if (state.status === status) state.outbox.parent = false;
}

async function tellIndex(env: Env, state: ExecutionState, told: Told): Promise<void> {
  if (!state.outbox.index) return;
  const { version } = state;
  await writeRow(env.INDEX, told.document(), version);
  // What has changed meanwhile is owed again.
  if (state.version === version) state.outbox.index = false;
}

/** Every change of status is an event of its own, in order, however long the hub was away. */
async function tellHub(env: Env, state: ExecutionState, { documentAt }: Told): Promise<void> {
  const changes = state.log.length;
  const { announced } = state.outbox;
  if (announced === changes) return;
  const events = Array.from({ length: changes - announced }, (_, at) => ({
    change: announced + at,
    execution: documentAt(announced + at),
  }));
  await hubOf(env, state.spec.id).publish(events);
  state.outbox.announced = changes;
}

/** False where the pool was told to cancel what no agent has. */
async function tellPool(env: Env, state: ExecutionState, { begin }: Told): Promise<boolean> {
  const what = state.outbox.pool;
  if (what === null) return true;
  const pool = env.RUNNER_POOL.getByName(state.spec.pool);
  const { id, runner } = state.spec;
  let held = true;
  if (what === "cancel") held = await pool.cancel(id);
  else if (what === "enqueue") {
    if (isChain(state.spec)) begin();
    else await pool.enqueue(id, runner.name);
  } else await pool.release(id);
  if (state.outbox.pool === what) state.outbox.pool = null;
  return held;
}
