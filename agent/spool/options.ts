import type { FsyncPolicy } from "../../protocol/settings/agent.ts";
import type { DiskFailure } from "../disk/failure.ts";

/** The options of a spool. */
export interface SpoolOptions {
  /** The most bytes that may wait on disk. */
  bytes_max: number;
  fsync: FsyncPolicy;
  /** The clock for the chunks' timestamps, in milliseconds since 1970. */
  nowMs: () => number;
  /** Called when the disk fails, with the reason, and when it works again, with undefined. */
  onDisk: (failure: DiskFailure | undefined) => void;
}
