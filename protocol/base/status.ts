/** StackStorm's statuses of an execution. */
export const STATUSES = [
  "requested",
  "scheduled",
  "delayed",
  "running",
  "succeeded",
  "failed",
  "timeout",
  "abandoned",
  "canceling",
  "canceled",
  "pending",
  "pausing",
  "paused",
  "resuming",
] as const;
export type Status = (typeof STATUSES)[number];

/** The statuses that an execution never leaves. */
export const COMPLETED = ["succeeded", "failed", "timeout", "canceled", "abandoned"] as const;
export type Completed = (typeof COMPLETED)[number];

export function isCompleted(status: Status): status is Completed {
  return (COMPLETED as readonly Status[]).includes(status);
}

/** The statuses that may follow each status; all others are refused. A pausing execution may end, because what it waits for may end. */
const NEXT: Record<Status, readonly Status[]> = {
  requested: ["scheduled", "canceled", "failed", "timeout", "abandoned"],
  delayed: ["requested", "canceled"],
  scheduled: ["requested", "running", "canceling", "canceled", "failed", "timeout", "abandoned"],
  running: ["succeeded", "failed", "timeout", "pausing", "canceling", "canceled", "abandoned"],
  canceling: ["succeeded", "failed", "timeout", "canceled", "abandoned"],
  pending: ["running", "canceled"],
  pausing: ["paused", "canceling"],
  paused: ["resuming", "canceling"],
  resuming: ["running", "canceling"],
  succeeded: [],
  failed: [],
  timeout: [],
  canceled: [],
  abandoned: [],
};

/** Whether an execution may go from one status to another. */
export function mayFollow(from: Status, to: Status): boolean {
  return NEXT[from].includes(to);
}
