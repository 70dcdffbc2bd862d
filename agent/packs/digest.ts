import { createHash, type Hash } from "node:crypto";
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Bytes of a pack's files that are read for its digest, and files. Of files beyond the bytes, only the size counts. */
const CONTENT_BYTES_MAX = 64 * 1024 * 1024;
const FILES_MAX = 20_000;

/**
 * The SHA-256 of a pack's files, by their sorted paths and contents: equal on every host with the same files. It leaves out names
 * that begin with a dot (a repository, a virtual environment) and files that Python compiled.
 */
export function packDigest(folder: string, { content_bytes_max = CONTENT_BYTES_MAX } = {}): string {
  const hash = createHash("sha256");
  let bytes = 0;
  let files = 0;
  for (const path of filesOf(folder)) {
    if (++files > FILES_MAX) break;
    try {
      const file = join(folder, path);
      const stat = lstatSync(file);
      if (stat.isSymbolicLink()) add(hash, path, "link", readlinkSync(file));
      else if (stat.isFile()) {
        bytes += stat.size;
        add(hash, path, "file", bytes <= content_bytes_max ? readFileSync(file) : `${stat.size} bytes`);
      }
    } catch {
      // A file that this agent may not read must not keep it from running actions.
      add(hash, path, "unread");
    }
  }
  return hash.digest("hex");
}

/** Writes each part's length before it, so that different lists of files give different input. */
function add(hash: Hash, ...parts: (string | Buffer)[]): void {
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
}

/** Relative paths, sorted within each folder. Links are not followed. */
function* filesOf(folder: string, under = ""): Generator<string, void, void> {
  for (const entry of entriesOf(join(folder, under))) {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) yield* filesOf(folder, path);
    else yield path;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith(".") && name !== "__pycache__" && !name.endsWith(".pyc"))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
