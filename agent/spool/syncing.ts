import { fdatasync } from "node:fs";
import type { FsyncPolicy } from "../disk/fsync.ts";

/** How long what is written may be in the system's memory only, under the policy `interval`. */
const SYNC_MS = 1_000;

/** Has the disk take what was written to a spool's files, as the policy wants it, without holding up anything else. */
export class Syncing {
  readonly #policy: FsyncPolicy;
  /** Files that were written to since a sync of them began. */
  #dirty = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #is_syncing = false;

  constructor(policy: FsyncPolicy) {
    this.#policy = policy;
  }

  /** Under `always`: resolves once all that was written is on the disk; undefined where there is nothing to wait for. */
  get done(): Promise<void> | undefined {
    return this.#waiting?.promise;
  }

  /** Something was written to a file. */
  wrote(fd: number): void {
    if (this.#policy === "never") return;
    this.#dirty.add(fd);
    if (this.#policy === "always") this.#waiting ??= Promise.withResolvers();
    this.#next();
  }

  /** The file is closed, as nothing in it is wanted any more. */
  forget(fd: number): void {
    this.#dirty.delete(fd);
  }

  close(): void {
    this.#dirty.clear();
    clearTimeout(this.#timer);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** The next round: at once under `always`, and after a while under `interval`. */
  #next(): void {
    if (this.#is_syncing) return;
    if (this.#policy === "always") void this.#round();
    else this.#timer ??= setTimeout(() => void this.#round(), SYNC_MS).unref();
  }

  async #round(): Promise<void> {
    this.#timer = undefined;
    this.#is_syncing = true;
    const files = this.#dirty;
    this.#dirty = new Set();
    for (const fd of files) await synced(fd);
    this.#is_syncing = false;
    if (this.#dirty.size > 0) return this.#next();
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** A file that has been closed since needs no sync, and a disk that fails here says so at the next write. */
function synced(fd: number): Promise<void> {
  return new Promise((resolve) => fdatasync(fd, () => resolve()));
}
