import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskFailure, diskFailure, tryDisk } from "../disk/failure.ts";
import { holdState, type StateLock } from "./identity.ts";
import { checkState, noteState } from "./version.ts";

/** Free space that a new run needs on each disk: for its notes, its result, and the beginning of its output. */
const ROOM_BYTES_MIN = 4 * 1024 * 1024;

/** Bytes that are written and removed again, to check that a disk takes any. */
const PROBE_BYTES = 4096;

const PREFIX = "tailrace-";

/**
 * The folders of one agent: its state folder, and a private folder for the life of its process. The private folder has sockets, whose
 * paths must be short, and short-lived files of runs. An agent also starts on a full disk: what could not be made is made once there
 * is room, and no run begins before.
 */
export class Home {
  readonly state: string;
  /** Folder of all spools. */
  readonly spools: string;
  /** The Python environment that all packs share, where one has been made. */
  readonly python: string;
  readonly #lock: StateLock;
  #runtime: string | undefined;
  /** The steps that are left before a run can begin, in this order. */
  readonly #left: { folder: string; act: () => void }[];

  /** Throws if a running agent has the state folder, or a later release has written it. */
  constructor(state: string) {
    this.state = state;
    this.spools = join(state, "spool");
    this.python = join(state, "python");
    checkState(state);
    this.#lock = holdState(state);
    this.#left = [
      { folder: state, act: () => mkdirSync(this.spools, { recursive: true, mode: 0o700 }) },
      { folder: state, act: () => noteState(state) },
      { folder: state, act: () => this.#lock.note() },
      { folder: tmpdir(), act: () => this.#openRuntime() },
      { folder: state, act: () => writeFileSync(this.#note, this.runtime, { mode: 0o600 }) },
    ];
    this.#complete();
  }

  /** The private folder. It exists once a run has begun. */
  get runtime(): string {
    if (this.#runtime === undefined) throw new Error("the agent has no private folder yet");
    return this.#runtime;
  }

  /** Whether the private folder exists. */
  get hasRuntime(): boolean {
    return this.#runtime !== undefined;
  }

  /** Why no run can begin now; undefined if one can. */
  refusal(): string | undefined {
    return (this.#complete() ?? noRoom(this.state) ?? noRoom(this.runtime))?.text;
  }

  /** Removes the private folder and unlocks the state folder. */
  release(): void {
    const { state } = this;
    if (this.#runtime !== undefined) {
      const runtime = this.#runtime;
      tryDisk(runtime, () => rmSync(runtime, { recursive: true, force: true }));
    }
    tryDisk(state, () => this.#lock.release());
  }

  #complete(): DiskFailure | undefined {
    for (let step = this.#left[0]; step; step = this.#left[0]) {
      const failure = tryDisk(step.folder, step.act);
      if (failure) return failure;
      this.#left.shift();
    }
    return undefined;
  }

  /** First removes the private folder of a killed process. Removes only a folder with the right name and place. */
  #openRuntime(): void {
    const left = readIfThere(this.#note);
    if (left?.startsWith(join(tmpdir(), PREFIX))) rmSync(left, { recursive: true, force: true });
    this.#runtime = mkdtempSync(join(tmpdir(), PREFIX));
  }

  get #note(): string {
    return join(this.state, "runtime");
  }
}

/** Why a folder's disk has no room for a run; undefined if it has room. */
function noRoom(folder: string): DiskFailure | undefined {
  const probe = join(folder, "probe");
  return tryDisk(folder, () => {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < ROOM_BYTES_MIN) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    // Only a write reveals a quota or a read-only disk.
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    rmSync(probe, { force: true });
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (diskFailure(error, path) === undefined) throw error;
    return undefined;
  }
}
