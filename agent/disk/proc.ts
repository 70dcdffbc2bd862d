import { readdirSync, readFileSync } from "node:fs";

/** The text of a file of `/proc`; undefined if it cannot be read: its process has ended or is another user's, or this is not Linux. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined;
  }
}

/** The numbers of the processes of this host. */
export function listedPids(): number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}
