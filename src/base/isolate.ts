import { Counter, gauge, Histogram, type Metric } from "../../protocol/base/metrics.ts";

/** Within one colo an append takes milliseconds; across an ocean, or behind a busy disk, up to seconds. */
const APPEND_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Output is late by the time that its agent gathers it, and after an outage by the outage. */
const AGE_BOUNDS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

const appends = new Histogram(
  "tailrace_isolate_append_seconds",
  "Time from a batch's arrival to its commit.",
  APPEND_BOUNDS_SECONDS,
);
const ages = new Histogram(
  "tailrace_isolate_output_age_seconds",
  "Age of the newest chunk of a batch when it is committed: how late output arrives.",
  AGE_BOUNDS_SECONDS,
);
const bytes = new Counter("tailrace_isolate_output_bytes_total", "Bytes of output that were committed.");
const follows = new Counter(
  "tailrace_isolate_follows_total",
  "Followers that were let in, by their way: a socket of the execution itself, or a stream through this isolate.",
  "way",
);
const errors = new Counter("tailrace_isolate_errors_total", "Failing answers, by their code.", "code");

/**
 * The open followers of each object that this isolate has had in memory. An object that hibernates keeps its followers, and wakes when
 * one of them goes, so its number stays true.
 */
const open_followers = new Map<string, number>();

/** In the global scope of a Worker no clock runs, so it is the time of the first count. */
let since_ms: number | undefined;

/** Counts a committed batch. */
export function countAppend(took_ms: number, age_ms: number, output_bytes: number): void {
  since_ms ??= Date.now();
  appends.observe(took_ms / 1000);
  ages.observe(age_ms / 1000);
  bytes.add(output_bytes);
}

/** Counts a follower. */
export function countFollow(way: "socket" | "stream"): void {
  since_ms ??= Date.now();
  follows.add(1, way);
}

/** Notes how many followers an object has open. */
export function noteFollowers(object_id: string, count: number): void {
  since_ms ??= Date.now();
  if (count === 0) open_followers.delete(object_id);
  else open_followers.set(object_id, count);
}

/** Counts a failing answer. */
export function countError(code: string): void {
  since_ms ??= Date.now();
  errors.add(1, code);
}

/** What this isolate has counted. The local server has one isolate; an account has many, and each counts for itself. */
export function isolateMetrics(): Metric[] {
  since_ms ??= Date.now();
  const since = gauge(
    "tailrace_isolate_start_time_seconds",
    "When the isolate that answers began to count. On an account another isolate may answer next time.",
    since_ms / 1000,
  );
  const followers = gauge(
    "tailrace_isolate_followers",
    "Followers that are open now, of the objects that share the isolate.",
    [...open_followers.values()].reduce((sum, count) => sum + count, 0),
  );
  return [since, appends.metric, ages.metric, bytes.metric, follows.metric, followers, errors.metric];
}
