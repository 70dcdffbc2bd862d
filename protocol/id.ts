/** StackStorm's ids are 24 hex digits that sort by age. */
export const ID_PATTERN = /^[0-9a-f]{24}$/;

/**
 * A new id: seconds (8 digits), the millisecond within them (4), and 48 random bits (12). Like an ObjectId
 * it sorts by time, and finer, so that `last` is right for two executions of one second.
 */
export function newId(epochMs: number = Date.now()): string {
  const seconds = Math.floor(epochMs / 1000);
  const ms = Math.floor(epochMs % 1000);
  const random = crypto.getRandomValues(new Uint8Array(6));
  return hex(seconds, 8) + hex(ms, 4) + Array.from(random, (byte) => hex(byte, 2)).join("");
}

/** The id of one output event: the execution's random digits, then its sequence number. */
export function outputId(executionId: string, seq: number): string {
  return executionId.slice(-14) + hex(seq, 10);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
