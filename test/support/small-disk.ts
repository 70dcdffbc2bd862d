import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file system of its own size, in memory: a disk that can be really full. Tests that use one have the tag `root`. */
export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, bytes: number) {
    this.folder = folder;
    run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder]);
  }

  /** Takes all the room that is left, but so many bytes. */
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

  /** Gives back the room that `fill` took. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Lets nothing be written any more, or lets it again. No file may be open for writing. */
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
