import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file system in memory with its own size: a disk that can be full. Tests that use one have the tag `root`. */
export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, bytes: number) {
    this.folder = folder;
    run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder]);
  }

  /** Takes all free room except some bytes. */
  fill(bytes_left = 0): void {
    this.empty();
    const { bavail, bsize } = statfsSync(this.folder);
    try {
      writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes_left)));
    } catch (error) {
      // A program's later writes take room, too.
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  /** Releases the room that `fill` took. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Forbids writes, or permits them again. No file may be open for writing. */
  remount(how: "ro" | "rw"): void {
    run("mount", ["-o", `remount,${how}`, this.folder]);
  }

  unmount(): void {
    run("umount", ["--lazy", this.folder]);
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}
