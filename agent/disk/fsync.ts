import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * When the agent has the disk itself take what it wrote, so that a crash of the host does not cost it: never, within a second,
 * or before it reads on. A crash of the agent alone costs nothing of it, whatever the policy.
 */
export const FSYNC_POLICIES = ["never", "interval", "always"] as const;
export type FsyncPolicy = (typeof FSYNC_POLICIES)[number];

/** Writes a file whole or not at all: also where the host crashes, unless the policy is `never`. */
export function writeWhole(path: string, text: string, policy: FsyncPolicy): void {
  const isSynced = policy !== "never";
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: isSynced });
  renameSync(`${path}.new`, path);
  if (isSynced) syncFolder(dirname(path));
}

/** What a folder lists is on the disk from here on. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
