import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, scratch } from "./world.ts";

/** The wall clock of one process of Node, or of several: off by an offset, which may jump while they run. */
export class ShiftedClock {
  readonly #file = join(scratch(), "offset-ms");

  /** `offset_ms` above 0 is a clock that is ahead. */
  constructor(offset_ms = 0) {
    this.set(offset_ms);
  }

  /** Node's arguments before the program: `[process.execPath, ...clock.args, "agent/main.ts", …]`. */
  get args(): string[] {
    const preload = pathToFileURL(join(ROOT, "test/support/shifted-clock.ts"));
    preload.searchParams.set("offset", this.#file);
    return ["--import", preload.href];
  }

  /** The clock jumps: from now on it is off by so much. */
  set(offset_ms: number): void {
    // In one step, as a process may be reading it.
    writeFileSync(`${this.#file}.new`, String(offset_ms));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
