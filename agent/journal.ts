import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { EndExecution, LeaseKey } from "../protocol/agent.ts";
import { readExact, writeExact } from "../protocol/numbers.ts";

/** What a restarted agent must know of a lease. No parameter, no token: nothing here is secret. */
const LeaseNote = v.object({ ...LeaseKey.entries, action: v.string() });
export type LeaseNote = v.InferOutput<typeof LeaseNote>;

const ProcessNote = v.object({ pid: v.number(), start_ticks: v.number() });
export type ProcessNote = v.InferOutput<typeof ProcessNote>;

const { last_seq: _, ...endEntries } = EndExecution.entries;
const EndNote = v.object(endEntries);
export type EndNote = v.InferOutput<typeof EndNote>;

/** The notes beside a spool, each written whole or not at all: the lease, then the process, then how it ended. */
export class Journal {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  get lease(): LeaseNote | undefined {
    return this.#read("lease", LeaseNote);
  }

  set lease(note: LeaseNote) {
    this.#write("lease", note);
  }

  get process(): ProcessNote | undefined {
    return this.#read("process", ProcessNote);
  }

  set process(note: ProcessNote) {
    this.#write("process", note);
  }

  get end(): EndNote | undefined {
    return this.#read("end", EndNote);
  }

  set end(note: EndNote) {
    this.#write("end", note);
  }

  /** The execution has ended upstream, or is another's: nothing of it is kept. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #read<T>(name: string, schema: v.GenericSchema<unknown, T>): T | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.folder, `${name}.json`), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    return v.parse(schema, readExact(text));
  }

  #write(name: string, note: object): void {
    const path = join(this.folder, `${name}.json`);
    writeFileSync(`${path}.new`, writeExact(note), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }
}
