import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { readExact, writeExact } from "../../protocol/base/numbers.ts";
import type { FsyncPolicy } from "../../protocol/settings/agent.ts";
import { EndExecution, LeaseKey } from "../../protocol/wire/agent.ts";
import { bootId } from "../disk/boot.ts";
import { type DiskFailure, tryDisk } from "../disk/failure.ts";
import { syncFolder, writeWhole } from "../disk/fsync.ts";
import { LateSync } from "../disk/late-sync.ts";
import { readIfPresent } from "../disk/read.ts";
import { Retry } from "../disk/retry.ts";

/** What a restarted agent must know about a lease. It has no parameter and no token, so nothing in it is secret. */
const LeaseNote = v.object({
  ...LeaseKey.entries,
  action: v.string(),
  /** The request that created the execution. A release before this one did not note it. */
  request_id: v.exactOptional(v.string()),
  /** The place of the execution in its trace, if it has one. A release before this one did not note it. */
  traceparent: v.exactOptional(v.string()),
  /** The host's boot in which the run began. A release before this one did not note it. */
  boot_id: v.exactOptional(v.string()),
});
export type LeaseNote = v.InferOutput<typeof LeaseNote>;

const ProcessNote = v.object({ pid: v.number(), start_ticks: v.number() });
export type ProcessNote = v.InferOutput<typeof ProcessNote>;

const { last_seq: _, ...endEntries } = EndExecution.entries;
const EndNote = v.object({
  ...endEntries,
  /** The last sequence number of the output; null if that is not known. A release before this one did not note it. */
  end_seq: v.nullish(v.number()),
});
export type EndNote = v.InferOutput<typeof EndNote>;

/** Each is undefined without a note, or if a crash of the host has damaged the note. */
export interface Notes {
  lease: LeaseNote | undefined;
  process: ProcessNote | undefined;
  end: EndNote | undefined;
}

/**
 * The notes beside a spool, each written whole or not at all: the lease, its beginning, the process, and the end. The policy says when
 * they are synced, as for the spool. A crash of the host may lose a note that is not: then its boot has another id, so a lease counts as
 * begun without the note. A system without such an id syncs each note at once.
 */
export class Journal {
  readonly folder: string;
  readonly #syncs_at_once: boolean;
  readonly #late: LateSync | undefined;
  /** Notes that are not on disk yet, by name. */
  readonly #unwritten = new Map<string, object>();
  readonly #retry = new Retry(() => this.#writeAll());

  constructor(folder: string, fsync: FsyncPolicy) {
    this.folder = folder;
    this.#syncs_at_once = fsync === "always" || (fsync === "interval" && bootId() === undefined);
    this.#late = fsync === "interval" && !this.#syncs_at_once ? new LateSync() : undefined;
  }

  /** Begins the journal of a run. Throws if the disk does not take it. */
  begin(lease: LeaseNote): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#write("lease", lease);
    const list = dirname(this.folder);
    if (this.#syncs_at_once) syncFolder(list);
    this.#late?.wrote(list);
  }

  /** Notes that the program is about to be started. If this throws because of the disk, the program must not be started. */
  noteBegun(): void {
    this.#write("begun", {});
  }

  get has_begun(): boolean {
    return existsSync(join(this.folder, "begun.json"));
  }

  /** All notes. Throws if the disk fails. */
  read(): Notes {
    return {
      lease: this.#read("lease", LeaseNote),
      process: this.#read("process", ProcessNote),
      end: this.#read("end", EndNote),
    };
  }

  /** Notes the process, as soon as the disk takes it. Until then, a restarted agent finds the process by its mark alone. */
  noteProcess(note: ProcessNote): void {
    this.#note("process", note);
  }

  /** Notes the end, as soon as the disk takes it. Until then, a restarted agent reports the process as lost. */
  noteEnd(note: EndNote): void {
    this.#note("end", note);
  }

  /** Removes the run's folder, because the server has its end or another agent has its lease. Returns a failure of the disk. */
  remove(): DiskFailure | undefined {
    this.#retry.stop();
    this.#late?.stop();
    this.#unwritten.clear();
    return tryDisk(this.folder, () => rmSync(this.folder, { recursive: true, force: true }));
  }

  #note(name: string, note: object): void {
    this.#unwritten.set(name, note);
    if (!this.#writeAll()) this.#retry.begin();
  }

  #writeAll(): boolean {
    for (const [name, note] of this.#unwritten) {
      if (tryDisk(this.folder, () => this.#write(name, note))) return false;
      this.#unwritten.delete(name);
    }
    return true;
  }

  #read<T>(name: string, schema: v.GenericSchema<unknown, T>): T | undefined {
    const text = readIfPresent(join(this.folder, `${name}.json`));
    if (text === undefined) return undefined;
    try {
      return v.parse(schema, readExact(text));
    } catch {
      return undefined;
    }
  }

  #write(name: string, note: object): void {
    const path = join(this.folder, `${name}.json`);
    writeWhole(path, writeExact(note), this.#syncs_at_once);
    this.#late?.wrote(path, this.folder);
  }
}
