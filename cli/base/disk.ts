import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** With less free space, the engine cannot open a database. */
const ROOM_BYTES_MIN = 64 * 1024;

/** Whether a folder's disk is full. It writes a file to find out, because free space may be reserved or limited by a quota. */
export function isFull(folder: string): boolean {
  const file = join(folder, `room-${process.pid}`);
  try {
    writeFileSync(file, Buffer.alloc(ROOM_BYTES_MIN), { mode: 0o600 });
    return false;
  } catch (error) {
    return isNoRoom(error);
  } finally {
    rmSync(file, { force: true });
  }
}

/** The room that a server leaves for the ends of runs: this much, and on a small disk this part of it. */
const RESERVE_BYTES_MAX = 64 * 1024 * 1024;
const RESERVE_PART = 0.1;

/** Whether only the reserve of a folder's disk is left. A disk that cannot be asked shows its fault at the next write. */
export function isLow(folder: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return bavail * bsize < Math.min(RESERVE_BYTES_MAX, blocks * bsize * RESERVE_PART);
  } catch {
    return false;
  }
}

/** Whether an error means a full disk, or a quota that is used up. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
