import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A folder in the user's cache, made if it does not exist; undefined if it cannot be made. */
export function cacheFolder(name: string): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const tailrace = join(cache, "tailrace");
  const folder = join(tailrace, name);
  try {
    // One level at a time: below a folder that takes none, such as /proc, Node's recursive mkdir never returns.
    for (const path of [cache, tailrace, folder]) make(path);
  } catch {
    return undefined;
  }
  return folder;
}

function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
