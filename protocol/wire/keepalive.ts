import { KEEPALIVE_MS, KEEPALIVES_MISSING_MAX, SILENCE_MS_MAX } from "../base/limits.ts";

/** The header of a response with the longest silence before something is sent, in milliseconds. */
const KEEPALIVE_HEADER = "tailrace-keepalive-ms";

/** The headers of a response that is never silent for longer than `KEEPALIVE_MS`. */
export const KEEPALIVE_HEADERS = { [KEEPALIVE_HEADER]: String(KEEPALIVE_MS) };

/** The silence after which a response counts as dead, from its header. */
export function silenceMs(response: { headers: { get(name: string): string | null } }): number {
  const pace_ms = Number(response.headers.get(KEEPALIVE_HEADER) ?? Number.NaN);
  return pace_ms > 0 ? Math.min(pace_ms * KEEPALIVES_MISSING_MAX, SILENCE_MS_MAX) : SILENCE_MS_MAX;
}
