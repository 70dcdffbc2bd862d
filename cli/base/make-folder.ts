import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "./errors.ts";

/**
 * Makes a folder that only its owner can use, and its missing parents. Throws if it cannot be made or written to. It makes one
 * level at a time: below a folder that takes none, such as /proc, Node's recursive mkdir never returns.
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  try {
    make(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CliError(`The folder ${path} cannot be used: ${failureText(error)}. Choose another folder.`);
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
