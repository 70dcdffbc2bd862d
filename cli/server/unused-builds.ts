import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** How long a kept build stays without a use. A deleted checkout leaves its builds behind. */
const UNUSED_DAYS_MAX = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Notes that a kept build is used now. */
export function noteUse(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // It is another user's, or the disk takes nothing: it may be built again one day.
  }
}

/**
 * Removes the kept builds that no start has used for long. A server notes the use and reads the files when it starts, and does not
 * need them afterwards.
 */
export function removeUnused(folder: string): void {
  const before_ms = Date.now() - UNUSED_DAYS_MAX * DAY_MS;
  for (const name of namesIn(folder)) {
    const file = join(folder, name);
    try {
      if (statSync(file).mtimeMs < before_ms) rmSync(file);
    } catch {
      // Another start has removed it, or it is another user's.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
