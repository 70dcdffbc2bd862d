import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ID_PATTERN } from "../../protocol/base/id.ts";
import { AgentIdentity } from "../../protocol/wire/agent-identity.ts";
import { tryDisk } from "../disk/failure.ts";
import { syncFolder } from "../disk/fsync.ts";
import { readIfPresent } from "../disk/read.ts";
import { readProcess } from "../process/table.ts";

/** The identity from an earlier start; undefined if none can be read. */
export function readIdentity(state: string): AgentIdentity | undefined {
  const text = readIfPresent(identityFile(state));
  if (text === undefined) return undefined;
  try {
    return v.parse(AgentIdentity, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Throws if an identity could not be stored: the folder cannot be written, or the disk is full. */
export function tryToKeep(state: string): void {
  writeNew(state, " ".repeat(IDENTITY_BYTES));
}

/** Stores an identity for later starts: whole or not at all, and readable by its owner alone. */
export function writeIdentity(state: string, identity: AgentIdentity): void {
  const file = identityFile(state);
  writeNew(state, `${JSON.stringify(identity)}\n`);
  renameSync(`${file}.new`, file);
  syncFolder(state);
  rmSync(legacyFile(state), { force: true });
}

/** The id that an agent from before identities has given itself in this folder. */
export function legacyId(state: string): string | undefined {
  const id = readIfPresent(legacyFile(state))?.trim();
  return id !== undefined && ID_PATTERN.test(id) ? id : undefined;
}

/** The lock of a state folder for this process. */
export interface StateLock {
  /** Writes the lock to disk. Throws if the disk does not take it. */
  note: () => void;
  release: () => void;
}

/** Locks a state folder for this process. Throws if another running agent has it. */
export function holdState(state: string): StateLock {
  const file = join(state, "agent.pid");
  const [pid = 0, start_ticks = 0] = (readIfPresent(file) ?? "").split(" ").map(Number);
  const holder = pid > 0 ? readProcess(pid) : undefined;
  if (holder?.start_ticks === start_ticks && pid !== process.pid) {
    throw new Error(`The state folder ${state} belongs to the running agent with process ${pid}.`);
  }
  return {
    note: () => writeOver(file, `${process.pid} ${readProcess(process.pid)?.start_ticks ?? 0}`),
    // The file stays: if the disk is full at the next start, there would be no room for a new one.
    release: () => writeOver(file, "0 0"),
  };
}

/** Overwrites a file of fixed length. That needs no free space, so it works on a full disk too. */
function writeOver(file: string, text: string): void {
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    writeSync(fd, `${text.padEnd(LOCK_BYTES - 1)}\n`, 0);
  } finally {
    closeSync(fd);
  }
}

const LOCK_BYTES = 64;

function writeNew(state: string, text: string): void {
  const failure = tryDisk(state, () =>
    writeFileSync(`${identityFile(state)}.new`, text, { mode: 0o600, flush: true }),
  );
  if (failure) throw new Error(`the agent's identity cannot be stored: ${failure.text}`);
}

/** The approximate size of an identity's file. */
const IDENTITY_BYTES = 256;

function identityFile(state: string): string {
  return join(state, "identity.json");
}

function legacyFile(state: string): string {
  return join(state, "agent-id");
}
