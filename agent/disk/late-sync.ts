import { open } from "node:fs/promises";

/** How long written bytes may be only in the system's memory, and the time between two attempts to sync them. */
export const SYNC_MS = 1_000;

/**
 * Syncs files and folders a second after they were written, without blocking. What is removed before then is never synced: most runs
 * end earlier.
 */
export class LateSync {
  #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #is_stopped = false;

  /** These were written, in this order: a file comes before the folder that lists it. */
  wrote(...paths: string[]): void {
    for (const path of paths) this.#paths.add(path);
    this.#timer ??= setTimeout(() => void this.#round(), SYNC_MS).unref();
  }

  stop(): void {
    this.#is_stopped = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const paths = this.#paths;
    this.#paths = new Set();
    const failed: string[] = [];
    for (const path of paths) if (!(await isSynced(path))) failed.push(path);
    this.#timer = undefined;
    if (this.#is_stopped) return;
    const left = [...failed, ...this.#paths];
    if (left.length > 0) this.wrote(...left);
  }
}

/** False if the disk fails. A path that is gone needs no sync. */
async function isSynced(path: string): Promise<boolean> {
  try {
    await syncPath(path);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** Syncs a file, or a folder's list of files, without blocking. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
