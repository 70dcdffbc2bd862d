import { TailraceError } from "../../protocol/base/errors.ts";

/** The error for a request that a full disk stopped before anything was done. */
export function refusedByDisk(): TailraceError {
  return new TailraceError(
    "storage_full",
    "The server's disk is full; nothing was done. The server continues by itself once there is room. Try again then.",
  );
}

/**
 * Whether a failure comes from a full disk. If the platform hides the database's error, the local server is asked, because it
 * can see the disk.
 */
export async function isDiskFull({ DISK, DISK_KEY = "" }: Env, error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.message.includes("SQLITE_FULL")) return true;
  if (DISK === undefined || !isHidden(error)) return false;
  try {
    const answer = await DISK.fetch("http://disk/", { headers: { "disk-key": DISK_KEY } });
    return (await answer.text()) === "full";
  } catch {
    return false;
  }
}

/** Whether the platform hides the reason of a failure. */
export function isHidden({ message }: Error): boolean {
  return message.includes("internal error; reference = ") || message.includes("SQLITE_IOERR");
}
