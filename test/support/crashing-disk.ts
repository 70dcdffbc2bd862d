import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { findProgram, programFolders } from "../setup/needs.ts";
import { scratch } from "./world.ts";

const BYTES = 32 * 1024 * 1024;

/** The kernel writes back late, so any data that reaches the disk early was synced. */
const OPTIONS = "loop,commit=300";

/** A disk in a file. The file holds the data that a crash of the host would leave now. */
export class CrashingDisk {
  readonly folder: string = scratch();
  readonly #images: string = scratch();
  #image = join(this.#images, "0");
  #copies = 0;

  constructor() {
    const image = this.#image;
    writeFileSync(image, "");
    truncateSync(image, BYTES);
    run("mkfs.ext4", ["-q", image]);
    run("mount", ["-o", OPTIONS, image, this.folder]);
  }

  /** The data that a crash would leave now: another disk, at its own path. */
  look<T>(read: (folder: string) => T): T {
    const image = this.#copy();
    const folder = join(this.#images, `look-${this.#copies}`);
    mkdirSync(folder);
    run("mount", ["-o", OPTIONS, image, folder]);
    try {
      return read(folder);
    } finally {
      run("umount", [folder]);
    }
  }

  /** Crashes the host: from here on, the disk has only the synced data. No process may use it. */
  crash(): void {
    const image = this.#copy();
    run("umount", [this.folder]);
    this.#image = image;
    run("mount", ["-o", OPTIONS, image, this.folder]);
  }

  unmount(): void {
    run("umount", ["--lazy", this.folder]);
  }

  #copy(): string {
    const copy = join(this.#images, String(++this.#copies));
    copyFileSync(this.#image, copy);
    return copy;
  }
}

/** A disk that is gone after the test. Tests that use one have the tags `root`, `loop` and `e2fsprogs`. */
export function crashingDisk(): CrashingDisk {
  const disk = new CrashingDisk();
  onTestFinished(() => disk.unmount());
  return disk;
}

function run(program: string, args: string[]): void {
  const file = findProgram(program, programFolders()) ?? program;
  const { status, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}
