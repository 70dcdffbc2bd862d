import { fdatasync } from "node:fs";
import { type DiskFailure, diskFailure } from "../disk/failure.ts";
import type { FsyncPolicy } from "../disk/fsync.ts";

/** How long what is written may be in the system's memory only, under the policy `interval`; and between two tries. */
const SYNC_MS = 1_000;

export interface SyncingOptions {
  folder: string;
  policy: FsyncPolicy;
  /** The disk did not take what was written, and why; undefined once it has. */
  onFailure: (failure: DiskFailure | undefined) => void;
}

/**
 * Has the disk take what was written to a spool's files, as the policy wants it, without holding up anything else. What it does not
 * take is tried again, and told: the system may take for written by then what is not, and a crash of the host costs it.
 */
export class Syncing {
  readonly #options: SyncingOptions;
  /** Files that were written to since a sync of them began. */
  #dirty = new Set<number>();
  /** Files whose turn it is. */
  #taken = new Set<number>();
  /** Files whose last sync has failed. */
  readonly #failed = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #is_syncing = false;
  #is_failing = false;

  constructor(options: SyncingOptions) {
    this.#options = options;
  }

  /** Under `always`: resolves once all that was written is on the disk; undefined where there is nothing to wait for. */
  get done(): Promise<void> | undefined {
    return this.#waiting?.promise;
  }

  /** Something was written to a file. */
  wrote(fd: number): void {
    const { policy } = this.#options;
    if (policy === "never") return;
    this.#dirty.add(fd);
    if (policy === "always") this.#waiting ??= Promise.withResolvers();
    this.#next();
  }

  /** The file is closed, as nothing in it is wanted any more. */
  forget(fd: number): void {
    for (const files of [this.#dirty, this.#taken, this.#failed]) files.delete(fd);
    if (!this.#is_syncing && this.#dirty.size === 0) this.#settle();
  }

  close(): void {
    for (const files of [this.#dirty, this.#taken, this.#failed]) files.clear();
    clearTimeout(this.#timer);
    this.#settle();
  }

  /** The next round: at once under `always`, and after a while under `interval` and where the disk fails. */
  #next(): void {
    if (this.#is_syncing || this.#timer) return;
    if (this.#options.policy === "always" && this.#failed.size === 0) void this.#round();
    else this.#timer = setTimeout(() => void this.#round(), SYNC_MS).unref();
  }

  async #round(): Promise<void> {
    this.#timer = undefined;
    this.#is_syncing = true;
    const files = this.#dirty;
    this.#taken = files;
    this.#dirty = new Set();
    let failure: DiskFailure | undefined;
    for (const fd of files) {
      const failed = await this.#sync(fd);
      // What is not wanted any more has been closed.
      if (!files.has(fd)) continue;
      if (failed) this.#failed.add(fd);
      else this.#failed.delete(fd);
      if (failed) this.#dirty.add(fd);
      failure ??= failed;
    }
    this.#is_syncing = false;
    if (failure && !this.#is_failing) this.#options.onFailure(failure);
    this.#is_failing ||= failure !== undefined;
    if (this.#dirty.size > 0) this.#next();
    else this.#settle();
  }

  /** All that is wanted is on the disk. */
  #settle(): void {
    if (this.#is_failing) this.#options.onFailure(undefined);
    this.#is_failing = false;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #sync(fd: number): Promise<DiskFailure | undefined> {
    const { folder } = this.#options;
    return new Promise((resolve) => fdatasync(fd, (error) => resolve(diskFailure(error, folder))));
  }
}
