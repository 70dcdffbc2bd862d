/** StackStorm's ids are 24 hex digits that sort by age. */
export const ID_PATTERN = /^[0-9a-f]{24}$/;

/**
 * A new id: seconds (8 digits), the millisecond within them (4), and 48 random bits (12). Like an ObjectId
 * it sorts by time, and finer, so that `last` is right for two executions within one second.
 */
export function newId(epochMs: number = Date.now()): string {
  const seconds = Math.floor(epochMs / 1000);
  const ms = Math.floor(epochMs % 1000);
  const random = crypto.getRandomValues(new Uint8Array(6));
  return hex(seconds, 8) + hex(ms, 4) + Array.from(random, (byte) => hex(byte, 2)).join("");
}

/** The latest time that an id can contain. */
const ID_MS_MAX = 0xffffffff * 1000;

/** The smallest id of a time: later ids are not smaller. */
export function firstId(epochMs: number): string {
  const within = Math.min(Math.max(epochMs, 0), ID_MS_MAX);
  return newId(within).slice(0, 12).padEnd(24, "0");
}

/** The time at which an id was made, in milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 1000 + Number.parseInt(id.slice(8, 12), 16);
}

/** The id of one output event: the execution's random digits, then its sequence number. */
export function outputId(executionId: string, seq: number): string {
  return executionId.slice(-14) + hex(seq, 10);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
