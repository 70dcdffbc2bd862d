import { readdirSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How long a file of the cache stays without a use. A deleted checkout leaves its builds behind, and an upgrade its compiled code. */
const UNUSED_DAYS_MAX = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The file whose time says when a folder was last cleaned. */
const CLEANED = "cleaned";

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
 * Removes the files of a cache, also of folders in it, that were neither written nor read for long. On a disk that notes no reads, a file
 * that is in use goes too, and is made again.
 */
export function removeUnused(folder: string): void {
  const before_ms = Date.now() - UNUSED_DAYS_MAX * DAY_MS;
  for (const entry of entriesIn(folder)) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) {
        removeUnused(path);
        // Refused while files are in it.
        if (statSync(path).mtimeMs < before_ms) rmdirSync(path);
        continue;
      }
      const { atimeMs: read_ms, mtimeMs: written_ms } = statSync(path);
      if (Math.max(read_ms, written_ms) < before_ms) rmSync(path);
    } catch {
      // Another command has removed it, or it is another user's.
    }
  }
}

/** The same, at most once a day: a command must not look at every file of its cache each time. */
export function removeUnusedDaily(folder: string): void {
  const note = join(folder, CLEANED);
  const cleaned_ms = statSync(note, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.abs(Date.now() - cleaned_ms) < DAY_MS) return;
  try {
    writeFileSync(note, "");
  } catch {
    // Not this user's, or the disk takes nothing.
    return;
  }
  removeUnused(folder);
}

function entriesIn(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
