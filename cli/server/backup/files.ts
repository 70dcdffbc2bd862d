import { type BigIntStats, chmodSync, constants, copyFileSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { makeFolder } from "../../base/make-folder.ts";

/** The size and the time of a file, by its path inside the state folder. */
export type Files = Map<string, Pick<BigIntStats, "size" | "mtimeNs">>;

/** The files of a state folder that a backup has, besides the databases. */
const OWN_FILES = ["version", "secrets.json", "agent.key", "tailrace.toml"];

/** The folder of the databases. The cache is in it too, and is not copied. */
const STORE = /^store\/(?!cache\/).*(\.sqlite|-wal)$/;

/** A file system notes times in steps of some milliseconds: a file that was written just before may have been written after, too. */
const STEP_NS = 1_000_000_000n;

/** The files of a state folder, or of a backup, that belong to a backup. A symbolic link counts as the file that it names. */
export function filesOf(folder: string): Files {
  const files: Files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = relative(folder, join(entry.parentPath, entry.name));
    if (!OWN_FILES.includes(name) && !STORE.test(name)) continue;
    const stats = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile()) files.set(name, stats);
  }
  return files;
}

/** The same, but a file that was just written counts as changed later. */
export function noted(folder: string): Files {
  const now_ns = BigInt(Date.now()) * 1_000_000n;
  const files = [...filesOf(folder)];
  return new Map(
    files.map(([name, { size, mtimeNs }]) => [
      name,
      { size, mtimeNs: now_ns - mtimeNs < STEP_NS ? -1n : mtimeNs },
    ]),
  );
}

export function isSame(
  before: { size: bigint; mtimeNs: bigint } | undefined,
  now: { size: bigint; mtimeNs: bigint },
): boolean {
  return before?.size === now.size && before.mtimeNs === now.mtimeNs;
}

/** Copies a file, for its owner alone. */
export function copySync(from: string, to: string, name: string): void {
  makeFolder(dirname(join(to, name)));
  copyFileSync(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
  chmodSync(join(to, name), 0o600);
}

/** The entries of a folder. A disk that was made with ext4 has one from the beginning, which does not count. */
export function contentOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== "lost+found");
}

export function isEmpty(folder: string): boolean {
  return contentOf(folder).length === 0;
}

/** Waits until files are on the disk: what is told to be complete must be so after a loss of power. */
export async function syncFiles(folder: string, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const file = await open(join(folder, name));
    await file.sync().finally(() => file.close());
  }
}
