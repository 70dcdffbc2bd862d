import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder in memory, if the system has one. */
const MEMORY = "/dev/shm";

/** A folder for a target's files, made at its first use. */
export class MemoryFolder {
  #path: string | undefined;

  get path(): string {
    this.#path ??= mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "tailrace-fuzz-"));
    return this.#path;
  }

  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}
