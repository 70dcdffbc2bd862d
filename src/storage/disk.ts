import { TailraceError } from "../../protocol/base/errors.ts";

/** The refusal of what a full disk has kept from being begun, where it is certain that nothing was done. */
export function refusedByDisk(): TailraceError {
  return new TailraceError(
    "storage_full",
    "The server's disk is full; nothing was done. Nothing more is stored until there is room; then it goes on by itself. Try again.",
  );
}

/**
 * Whether a failure comes from a full disk. The database says so in its own words; where the platform hides them, the local
 * server, which has the disk, is asked.
 */
export async function isDiskFull({ DISK }: Env, error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.message.includes("SQLITE_FULL")) return true;
  if (DISK === undefined || !isHidden(error)) return false;
  try {
    const answer = await DISK.fetch("http://disk/");
    return (await answer.text()) === "full";
  } catch {
    return false;
  }
}

/** Whether the platform has failed and does not say of what. */
export function isHidden({ message }: Error): boolean {
  return message.includes("internal error; reference = ") || message.includes("SQLITE_IOERR");
}
