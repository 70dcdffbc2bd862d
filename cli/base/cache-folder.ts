import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A folder of the user's own for what can be made again; undefined where there can be none. */
export function cacheFolder(name: string): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const tailrace = join(cache, "tailrace");
  const folder = join(tailrace, name);
  try {
    // One after another: Node makes a path at once without end where its beginning takes no folder, as in /proc.
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
