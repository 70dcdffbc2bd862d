import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Below this the engine cannot even open a database. */
const ROOM_BYTES_MIN = 64 * 1024;

/** Whether a folder's disk has no room left. Written and not computed: what is free may be kept for others, or be a quota's. */
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

/** Whether an error says that there is no room: on the disk, or in the user's part of it. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
