import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** The files of a package in a folder, with modes that do not depend on this user's. */
export class Tree {
  readonly folder: string;
  readonly #names: string[] = [];

  constructor(folder: string) {
    this.folder = folder;
    rmSync(folder, { recursive: true, force: true });
    this.#makeFolder(".");
  }

  write(name: string, text: string, mode = 0o644): void {
    this.put(name, (file) => writeFileSync(file, text), mode);
  }

  put(name: string, make: (file: string) => void, mode: number): void {
    const file = join(this.folder, name);
    this.#makeFolder(dirname(name));
    make(file);
    chmodSync(file, mode);
    this.#names.push(name);
  }

  /** The size of what was put here, and its hashes as `md5sum` writes them. */
  summary(): { kilobytes: number; md5sums: string } {
    const files = this.#names.sort().map((name) => ({ name, file: join(this.folder, name) }));
    const bytes = files.reduce((sum, { file }) => sum + statSync(file).size, 0);
    const lines = files.map(
      ({ name, file }) => `${createHash("md5").update(readFileSync(file)).digest("hex")}  ${name}\n`,
    );
    return { kilobytes: Math.ceil(bytes / 1024), md5sums: lines.join("") };
  }

  /** Gives every file and folder one time. */
  setTimes(epoch_s: number): void {
    const entries = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
    for (const path of [...paths, this.folder]) utimesSync(path, epoch_s, epoch_s);
  }

  #makeFolder(name: string): void {
    const parent = dirname(name);
    if (parent !== name) this.#makeFolder(parent);
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  }
}
