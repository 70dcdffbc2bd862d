import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { liveProcesses } from "../../agent/process/table.ts";

/** The command lines and environments of all processes here, except the test itself. */
export function shownByPs(): string {
  return liveProcesses()
    .filter(({ pid }) => pid !== process.pid)
    .flatMap(({ pid }) => ["cmdline", "environ"].map((file) => readIfThere(`/proc/${pid}/${file}`)))
    .join("\n")
    .replaceAll("\0", " ");
}

/** The contents of all files of a folder, at any depth. */
export function contentsOf(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readIfThere(join(parentPath, name)))
    .join("\n");
}

/** A process or a file may be gone. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
