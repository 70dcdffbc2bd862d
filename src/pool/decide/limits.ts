import { QUEUE_LENGTH_MAX } from "../../../protocol/base/limits.ts";

/** How many executions may run and wait at once in a pool, in all and of one user. */
export interface Limits {
  pool_running_max: number;
  pool_waiting_max: number;
  user_running_max: number;
  user_waiting_max: number;
}

/** How many executions run and wait in a pool. */
export interface Counts {
  waiting: number;
  running: number;
  waitingOf(user: string): number;
  runningOf(user: string): number;
}

type LimitSettings = Pick<
  Env,
  "POOL_RUNNING_MAX" | "POOL_WAITING_MAX" | "USER_RUNNING_MAX" | "USER_WAITING_MAX"
>;

/** The limits in the settings. 0 means no limit, except that no queue is longer than QUEUE_LENGTH_MAX. */
export function limitsOf(env: LimitSettings): Limits {
  return {
    pool_running_max: limitOf(env.POOL_RUNNING_MAX),
    pool_waiting_max: Math.min(limitOf(env.POOL_WAITING_MAX), QUEUE_LENGTH_MAX),
    user_running_max: limitOf(env.USER_RUNNING_MAX),
    user_waiting_max: Math.min(limitOf(env.USER_WAITING_MAX), QUEUE_LENGTH_MAX),
  };
}

/** A setting that is changed in the dashboard is a string. */
function limitOf(setting: unknown): number {
  const limit = Number(setting);
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** Why no further execution of a user may wait, with the name of the setting; undefined if it may. */
export function waitingRefusal(pool: string, user: string, load: Counts, limits: Limits): string | undefined {
  const { pool_waiting_max, user_waiting_max } = limits;
  if (load.waitingOf(user) >= user_waiting_max)
    return `user ${user} has ${user_waiting_max} executions waiting in pool ${pool}, and may not have more (USER_WAITING_MAX)`;
  if (load.waiting >= pool_waiting_max)
    return `pool ${pool} has ${pool_waiting_max} executions waiting, and takes no more (POOL_WAITING_MAX)`;
  return undefined;
}

/** Whether a further execution of a user may run now. */
export function mayRun(user: string, load: Counts, { pool_running_max, user_running_max }: Limits): boolean {
  return load.runningOf(user) < user_running_max && load.running < pool_running_max;
}

/** Why no further execution of a user may run now; undefined if it may. */
export function runningRefusal(pool: string, user: string, load: Counts, limits: Limits): string | undefined {
  const { pool_running_max, user_running_max } = limits;
  const of_user = load.runningOf(user);
  if (of_user >= user_running_max)
    return `user ${user} runs ${of_user} of ${user_running_max} in pool ${pool}`;
  if (load.running >= pool_running_max) return `pool ${pool} runs ${load.running} of ${pool_running_max}`;
  return undefined;
}
