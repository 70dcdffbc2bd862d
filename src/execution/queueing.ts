import type { Status } from "../../protocol/base/status.ts";
import type { Waiting } from "../objects/execution.ts";
import type { Wanted } from "../objects/pool.ts";
import type { ExecutionSpec } from "../objects/spec.ts";
import type { Course } from "./course.ts";
import { isChain } from "./family/chain/task.ts";
import type { ExecutionRecord } from "./state/record.ts";
import type { ExecutionState } from "./state/state.ts";

/** What an execution asks of the agent that runs it. */
export function wantedOf({ runner, action, labels = {}, context }: ExecutionSpec): Wanted {
  return { runner: runner.name, pack: action.pack, labels, user: context.user };
}

/** The pool's object of an execution. */
export function poolOfSpec(env: Env, { pool }: Pick<ExecutionSpec, "pool">) {
  return env.RUNNER_POOL.getByName(pool);
}

/** The time of an execution in its pool's queue: why it is there, and its end when that has been too long. */
export class Queueing {
  readonly #parts: { env: Env; record: ExecutionRecord; course: Course };

  constructor(parts: { env: Env; record: ExecutionRecord; course: Course }) {
    this.#parts = parts;
  }

  /** Why it waits; undefined where it does not. */
  async waiting(): Promise<Waiting | undefined> {
    const { env, record } = this.#parts;
    const { state } = record;
    if (!state || !mayWait(state)) return undefined;
    const { spec, log } = state;
    const reason = await poolOfSpec(env, spec).waiting(spec.id, wantedOf(spec));
    const since = log.findLast(({ status }) => status === "requested")?.timestamp;
    return reason === undefined || since === undefined ? undefined : { reason, since };
  }

  /** It has waited for long enough: it ends, unless an agent has just taken it. */
  async due(state: ExecutionState): Promise<void> {
    const { env, record, course } = this.#parts;
    const { spec } = state;
    // Until it runs it may still come back into the queue.
    state.timers.queue = mayWait(state) ? Date.now() + RECHECK_MS : null;
    record.save(state);
    if (!mayWait(state)) return;
    const reason = await poolOfSpec(env, spec)
      .withdraw(spec.id, wantedOf(spec))
      .catch((error: unknown) => {
        console.error(`execution ${spec.id}: not taken out of the queue yet: ${error}`);
        return undefined;
      });
    if (reason === undefined || !mayWait(state)) return;
    const error = `It waited ${spec.queue_timeout_seconds} seconds in the queue: ${reason}.`;
    course.complete(state, "timeout", { failed: true, succeeded: false, error });
  }
}

/** How long the alarm waits before it looks again whether an agent that took the execution has started it. */
const RECHECK_MS = 5_000;

const WAITING_STATUSES: readonly Status[] = ["requested", "scheduled"];

/** Whether an execution may be in the queue: it is in no agent's hands that has started it. */
function mayWait({ status, spec }: ExecutionState): boolean {
  return WAITING_STATUSES.includes(status) && !isChain(spec);
}
