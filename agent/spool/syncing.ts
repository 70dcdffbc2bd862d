import { fdatasync } from "node:fs";
import type { FsyncPolicy } from "../../protocol/settings/agent.ts";
import { type DiskFailure, diskFailure } from "../disk/failure.ts";
import { SYNC_MS, syncPath } from "../disk/late-sync.ts";

export interface SyncingOptions {
  folder: string;
  policy: FsyncPolicy;
  /** Called when a sync fails, with the reason, and when all is synced again, with undefined. */
  onFailure: (failure: DiskFailure | undefined) => void;
}

/**
 * Syncs a spool's files to the disk, as the policy says, without blocking. A failed sync is reported and tried again: the system may
 * have dropped the bytes by then, and a crash of the host would lose them.
 */
export class Syncing {
  readonly #options: SyncingOptions;
  /** Files that were written to after their last sync began. */
  #dirty = new Set<number>();
  /** The files of the present round. */
  #taken = new Set<number>();
  /** Files that the synced list of the folder may lack. */
  readonly #unlisted = new Set<number>();
  /** Files whose last sync has failed. */
  readonly #failed = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #is_syncing = false;
  #is_failing = false;

  constructor(options: SyncingOptions) {
    this.#options = options;
  }

  /** Under `always`: resolves once everything that was written is synced; undefined if it is. */
  get done(): Promise<void> | undefined {
    return this.#waiting?.promise;
  }

  /** A file was created, and will be written to. */
  created(fd: number): void {
    this.#unlisted.add(fd);
  }

  /** Something was written to a file. */
  wrote(fd: number): void {
    const { policy } = this.#options;
    if (policy === "never") return;
    this.#dirty.add(fd);
    if (policy === "always") this.#waiting ??= Promise.withResolvers();
    this.#next();
  }

  /** The file is not needed any more, and is closed. */
  forget(fd: number): void {
    for (const files of this.#all) files.delete(fd);
    if (!this.#is_syncing && this.#dirty.size === 0) this.#settle();
  }

  close(): void {
    for (const files of this.#all) files.clear();
    clearTimeout(this.#timer);
    this.#settle();
  }

  get #all(): Set<number>[] {
    return [this.#dirty, this.#taken, this.#unlisted, this.#failed];
  }

  /** Starts the next round: at once under `always`, and after a wait under `interval` or if the disk fails. */
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
    const unlisted = [...files].some((fd) => this.#unlisted.has(fd)) ? await this.#syncFolder() : undefined;
    for (const fd of files) {
      const failed = (await this.#sync(fd)) ?? unlisted;
      // The file was closed in between.
      if (!files.has(fd)) continue;
      if (failed) this.#failed.add(fd);
      else this.#failed.delete(fd);
      if (failed) this.#dirty.add(fd);
      else this.#unlisted.delete(fd);
      failure ??= failed;
    }
    this.#is_syncing = false;
    if (failure && !this.#is_failing) this.#options.onFailure(failure);
    this.#is_failing ||= failure !== undefined;
    if (this.#dirty.size > 0) this.#next();
    else this.#settle();
  }

  /** Everything is synced. */
  #settle(): void {
    if (this.#is_failing) this.#options.onFailure(undefined);
    this.#is_failing = false;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  async #syncFolder(): Promise<DiskFailure | undefined> {
    const { folder } = this.#options;
    try {
      await syncPath(folder);
      return undefined;
    } catch (error) {
      const failure = diskFailure(error, folder);
      if (failure === undefined) throw error;
      return failure;
    }
  }

  #sync(fd: number): Promise<DiskFailure | undefined> {
    const { folder } = this.#options;
    return new Promise((resolve) => fdatasync(fd, (error) => resolve(diskFailure(error, folder))));
  }
}
