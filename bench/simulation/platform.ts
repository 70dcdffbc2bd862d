/** Cloudflare's published limits of a paid plan, read in November 2026. A soft limit may be exceeded for a moment. */
export const LIMITS = {
  /** Requests of one object a second; soft. */
  requests_per_second: 1_000,
  /** Sockets that one object accepts with hibernation. */
  sockets: 32_768,
  /** Memory of one object, in MB. */
  memory_mb: 128,
  /** Processor time of one object: one thread. */
  busy_share: 1,
} as const;

/** What an object's work costs on one core: estimated from the rows on fan-out and ingest in docs/benchmarks.md. */
export const COSTS_MS = {
  /** One message to one follower's socket. */
  send: 0.02,
  /** One call to a relay, with its answer. */
  call: 0.3,
  /** One request of a new follower: its summary, its socket, its first part. */
  request: 0.6,
} as const;

/** Memory of one follower at its object, and of an object without any, in MB. */
export const FOLLOWER_MB = 0.004;
export const OBJECT_MB = 12;

/** Where readers are: their share, and the time from the execution's region, one way, in milliseconds. */
export const REGIONS = [
  { name: "enam", share: 0.3, away_ms: 1 },
  { name: "wnam", share: 0.12, away_ms: 32 },
  { name: "weur", share: 0.26, away_ms: 40 },
  { name: "apac", share: 0.2, away_ms: 105 },
  { name: "sam", share: 0.07, away_ms: 60 },
  { name: "oc", share: 0.05, away_ms: 100 },
] as const;

export type RegionName = (typeof REGIONS)[number]["name"];
