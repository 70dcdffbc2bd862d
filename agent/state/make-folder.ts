import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";

/**
 * Makes a folder that only its owner can use, and its missing parents. Throws if it cannot be made or written to. It makes one
 * level at a time: below a folder that takes none, such as /proc, Node's recursive mkdir never returns.
 */
export function makeFolder(path: string): void {
  try {
    make(resolve(path));
    checkWritable(path);
  } catch (error) {
    throw new Error(`The folder ${path} cannot be used: ${failureText(error)}. Choose another folder.`);
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
    // Another program may have made it in between.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Accepts a read-only disk: the agent can still send the output that is on it. */
function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EROFS")) throw error;
  }
}
