import { realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isNoRoom } from "./disk.ts";
import { CliError } from "./errors.ts";

/** Writes a file for its owner alone, whole or not at all: a reader cannot tell a file that a full disk has cut short. */
export function writeWhole(file: string, text: string): void {
  // A symbolic link stays: its target is replaced.
  const target = realFile(file);
  const part = `${target}.part-${process.pid}`;
  try {
    writeFileSync(part, text, { mode: 0o600, flush: true });
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    if (isNoRoom(error))
      throw new CliError(`The disk is full: ${file} is unchanged. Make room and try again.`);
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
