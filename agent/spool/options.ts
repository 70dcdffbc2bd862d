import type { DiskFailure } from "../disk/failure.ts";
import type { FsyncPolicy } from "../disk/fsync.ts";

/** What a spool is given. */
export interface SpoolOptions {
  /** What may wait on disk. */
  bytes_max: number;
  fsync: FsyncPolicy;
  /** The time that a chunk is stamped with, in milliseconds since 1970. */
  nowMs: () => number;
  /** The disk takes nothing any more, and why; undefined once it takes all again. */
  onDisk: (failure: DiskFailure | undefined) => void;
}
