import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, scratch } from "./world.ts";

/** The wall clock of one or several Node processes, off by an offset that may jump while they run. */
export class ShiftedClock {
  readonly #file = join(scratch(), "offset-ms");

  /** A positive `offset_ms` is a clock that is ahead. */
  constructor(offset_ms = 0) {
    this.set(offset_ms);
  }

  /** Node's arguments before the program: `[process.execPath, ...clock.args, "agent/main.ts", …]`. */
  get args(): string[] {
    const preload = pathToFileURL(join(ROOT, "test/support/shifted-clock.ts"));
    preload.searchParams.set("offset", this.#file);
    return ["--import", preload.href];
  }

  /** Makes the clock jump: from now on it is off by this offset. */
  set(offset_ms: number): void {
    // In one step, as a process may be reading it.
    writeFileSync(`${this.#file}.new`, String(offset_ms));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
