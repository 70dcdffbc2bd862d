import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file whole or not at all. If it is synced, this also holds if the host crashes. */
export function writeWhole(path: string, text: string, isSynced: boolean): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: isSynced });
  renameSync(`${path}.new`, path);
  if (isSynced) syncFolder(dirname(path));
}

/** Syncs a folder's list of files to the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
