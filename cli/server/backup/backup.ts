import { constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { chmod, copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CliError } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { contentOf, copySync, type Files, filesOf, isEmpty, isSame, noted, syncFiles } from "./files.ts";
import { MANIFEST, type Manifest, sealed } from "./manifest.ts";

/** What a backup has copied, and how long the engine stood still for it. */
export interface Backup {
  files: number;
  bytes: number;
  paused_ms: number;
}

/** Stops the engine's process for a moment, and lets it continue. */
export interface Pausable {
  pause: () => void;
  resume: () => void;
}

/**
 * Copies a state folder as it is at one moment, also while its server runs. The first pass copies everything while the engine goes on;
 * then the engine stands still while the files that have changed since are copied again. So the copy is as a crash at that moment would leave the
 * folder, and opens like it. The manifest is written last: a backup without one is not complete.
 */
export async function backUp(state: string, folder: string, engine?: Pausable): Promise<Backup> {
  makeFolder(folder);
  if (!isEmpty(folder))
    throw new CliError(`The folder ${folder} is not empty. Name another one for the backup.`);
  try {
    const at_first = filesOf(state);
    const before = noted(state);
    checkRoom(folder, before);
    await copyAll(state, folder, before);
    if (engine === undefined) checkUnused(state, at_first);
    const paused_at = performance.now();
    let now: Files;
    try {
      engine?.pause();
      now = copyChanged(state, folder, before);
    } finally {
      engine?.resume();
    }
    const paused_ms = engine === undefined ? 0 : performance.now() - paused_at;
    await syncFiles(folder, now.keys());
    const manifest = await sealed(folder);
    writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest)}\n`, { mode: 0o600, flush: true });
    return { files: now.size, bytes: sizeOf(manifest), paused_ms };
  } catch (error) {
    for (const name of contentOf(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

/** A file may vanish before it is copied. The second pass sees that. */
async function copyAll(state: string, folder: string, files: Files): Promise<void> {
  for (const name of files.keys()) {
    const copy = join(folder, name);
    makeFolder(dirname(copy));
    try {
      await copyFile(join(state, name), copy, constants.COPYFILE_FICLONE);
      await chmod(copy, 0o600);
    } catch (error) {
      if (existsSync(join(state, name))) throw error;
    }
  }
}

/** A server in another container does not hold the lock here, and nothing stops it: its files would be copied at different moments. */
function checkUnused(state: string, before: Files): void {
  const now = filesOf(state);
  const is_same =
    now.size === before.size && [...now].every(([name, file]) => isSame(before.get(name), file));
  if (!is_same)
    throw new CliError(
      `A server writes to ${state}, perhaps one in another container. Run tailrace backup where it runs, or stop it first.`,
    );
}

/** Copies what has changed since it was noted, and removes what is gone. Nothing writes during this. */
function copyChanged(state: string, folder: string, before: Files): Files {
  const now = filesOf(state);
  for (const [name, file] of now) if (!isSame(before.get(name), file)) copySync(state, folder, name);
  for (const name of filesOf(folder).keys()) if (!now.has(name)) rmSync(join(folder, name), { force: true });
  return now;
}

function checkRoom(folder: string, files: Files): void {
  const { bavail, bsize } = statfsSync(folder);
  const wanted = [...files.values()].reduce((sum, { size }) => sum + Number(size), 0);
  if (wanted > bavail * bsize)
    throw new CliError(
      `The disk of ${folder} has ${megabytes(bavail * bsize)} free, and the backup takes ${megabytes(wanted)}. Make room, or name a folder on another disk.`,
    );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function sizeOf({ files }: Manifest): number {
  return Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Whether a folder has a server's state. */
export function hasState(state: string): boolean {
  return statSync(join(state, "secrets.json"), { throwIfNoEntry: false }) !== undefined;
}
