import { failureText } from "../../../protocol/base/failure-text.ts";
import { FLUSH_WATCHED_MS } from "../../../protocol/base/limits.ts";
import type { Waiting } from "../../objects/execution.ts";
import { type PoolStub, poolStub, type Wanted } from "../../objects/pool.ts";
import { type ExecutionSpec, nameInLog } from "../../objects/spec.ts";
import type { Event } from "../decide/decide.ts";
import { mayWait } from "../decide/queue.ts";
import type { ExecutionState } from "../state/state.ts";

type PlacedSpec = Pick<ExecutionSpec, "runner" | "action" | "labels" | "context">;

/** An execution's requirements on its agent. */
export function wantedOf({ runner, action, labels = {}, context }: PlacedSpec): Wanted {
  return { runner: runner.name, pack: action.pack, labels, user: context.user };
}

/** The pool's object of an execution. */
export function poolOfSpec(env: Env, { pool }: Pick<ExecutionSpec, "pool">): PoolStub {
  return poolStub(env, pool);
}

/** Asks the pool about the lease's agent. No event if the pool cannot be asked now. */
export async function askPresence(
  env: Env,
  { spec }: ExecutionState,
  lease: { epoch: number; agent_id: string },
): Promise<Event[]> {
  try {
    const presence = await poolOfSpec(env, spec).presence(spec.id, lease);
    return [{ kind: "presence", epoch: lease.epoch, presence }];
  } catch (error) {
    console.error(`${nameInLog(spec)}: its agent's pool cannot be asked: ${failureText(error)}`);
    return [];
  }
}

/** Takes the execution out of the queue. No event if an agent has just taken it, or the pool cannot be asked now. */
export async function withdraw(env: Env, { spec }: ExecutionState): Promise<Event[]> {
  try {
    const reason = await poolOfSpec(env, spec).withdraw(spec.id, wantedOf(spec));
    return reason === undefined ? [] : [{ kind: "withdrawn", reason }];
  } catch (error) {
    console.error(`${nameInLog(spec)}: not taken out of the queue yet: ${failureText(error)}`);
    return [];
  }
}

/** The first follower has connected: tells the agent to send immediately, without waiting for its next acknowledgement. */
export async function askForOutput(env: Env, { spec }: ExecutionState): Promise<void> {
  await poolOfSpec(env, spec).flush(spec.id, FLUSH_WATCHED_MS);
}

/** The execution has ended without its agent: tells the agent to end the process. */
export async function endProcess(env: Env, { spec }: ExecutionState): Promise<void> {
  await poolOfSpec(env, spec).cancel(spec.id);
}

/** Why an execution waits for an agent, and since when; undefined if it does not wait. */
export async function whyWaiting(env: Env, state: ExecutionState): Promise<Waiting | undefined> {
  if (!mayWait(state)) return undefined;
  const { spec, log } = state;
  const reason = await poolOfSpec(env, spec).waiting(spec.id, wantedOf(spec));
  const since = log.findLast(({ status }) => status === "requested")?.timestamp;
  return reason === undefined || since === undefined ? undefined : { reason, since };
}
