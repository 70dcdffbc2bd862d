import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";

/** A file that the executable contains, named from the agent's folder. */
export interface PackedFile {
  name: string;
  mode: number;
  bytes: Uint8Array;
}

/** The disk does not take the program now. */
export class NotUnpacked extends Error {}

/** A program's folder in the state folder: one for each set of files, as an earlier release may still run from its own. */
const PREFIX = "program-";

/** The characters of a set's hash in its folder's name. */
const HASH_CHARS = 16;

/** The bits of a mode that decide who may use a file. */
const PERMISSIONS = 0o777;

/**
 * Writes the files into their folder in the state folder, where a file is absent or another one, and returns the folder. Packs and
 * Python need files on the disk. Each start compares them, because an action may write to them. Throws if the disk takes none, or if
 * the folder is another user's, who could change the files after that.
 */
export function unpack(state: string, files: readonly PackedFile[]): string {
  const folder = join(state, PREFIX + hashOf(files));
  try {
    checkOwner(folder);
    for (const { name, mode, bytes } of files) {
      const file = join(folder, name);
      if (!isAsPacked(file, mode, bytes)) write(file, mode, bytes);
    }
  } catch (error) {
    throw new NotUnpacked(`The program cannot be unpacked into ${state}: ${failureText(error)}.`);
  }
  return folder;
}

/** Removes the programs of other releases. The caller has had the state folder for itself. */
export function removeOthers(state: string, folder: string): void {
  for (const name of readdirSync(state).filter((name) => name.startsWith(PREFIX))) {
    const other = join(state, name);
    if (other !== folder) rmSync(other, { recursive: true, force: true });
  }
}

/** The name of the folder is no secret: in a state folder that others may write to, it could have been made before. */
function checkOwner(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory()) throw new Error(`${folder} is not a folder. Remove it`);
  if (![0, process.getuid?.()].includes(found.uid))
    throw new Error(
      `${folder} belongs to another user. Remove it, and take the right to write to its folder from others`,
    );
}

function isAsPacked(file: string, mode: number, bytes: Uint8Array): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || (stat.mode & PERMISSIONS) !== mode || stat.size !== bytes.byteLength) return false;
  return readFileSync(file).equals(bytes);
}

/** Writes a file whole or not at all. */
function write(file: string, mode: number, bytes: Uint8Array): void {
  const part = `${file}.${process.pid}.part`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  try {
    writeFileSync(part, bytes);
    chmodSync(part, mode);
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

function hashOf(files: readonly PackedFile[]): string {
  const hash = createHash("sha256");
  for (const { name, mode, bytes } of files)
    hash.update(`${name} ${mode} ${bytes.byteLength}\n`).update(bytes);
  return hash.digest("hex").slice(0, HASH_CHARS);
}
