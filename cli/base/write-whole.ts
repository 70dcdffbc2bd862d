import { realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isNoRoom } from "./disk.ts";
import { CliError } from "./errors.ts";

/** Writes a file of the owner's whole or not at all: one that a full disk has cut short would be read as if it were all. */
export function writeWhole(file: string, text: string): void {
  // A file that is a link stays one.
  const target = realFile(file);
  const part = `${target}.part-${process.pid}`;
  try {
    writeFileSync(part, text, { mode: 0o600, flush: true });
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    if (isNoRoom(error))
      throw new CliError(`The disk is full: ${file} is as it was. Make room and try again.`);
    throw error;
  }
}

function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
