import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";

/**
 * Makes a folder for its owner alone, and those above it, one after another: Node makes a path at once without end where its
 * beginning takes no folder, as in /proc. Throws with the reason where there can be none, or where it cannot be written to.
 */
export function makeFolder(path: string): void {
  try {
    make(resolve(path));
    checkWritable(path);
  } catch (error) {
    throw new Error(`The folder ${path} cannot be used: ${failureText(error)}. Take another one.`);
  }
}

function make(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found) throw new Error("it is a file");
  if (dirname(folder) !== folder) make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another program may have made it since.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** A disk that is read-only for now is no reason not to start: what is there can be sent. */
function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EROFS")) throw error;
  }
}
