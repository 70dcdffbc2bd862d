import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ID_PATTERN } from "../../protocol/base/id.ts";
import { AgentIdentity } from "../../protocol/wire/agent-state.ts";
import { tryDisk } from "../disk/failure.ts";
import { syncFolder } from "../disk/fsync.ts";
import { readIfPresent } from "../disk/read.ts";
import { readProcess } from "../process/table.ts";

/** The identity that an earlier start has got; undefined where there is none that can be read. */
export function readIdentity(state: string): AgentIdentity | undefined {
  const text = readIfPresent(identityFile(state));
  if (text === undefined) return undefined;
  try {
    return v.parse(AgentIdentity, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Throws where an identity could not be kept: the folder cannot be written, or the disk is full. */
export function tryToKeep(state: string): void {
  writeNew(state, " ".repeat(IDENTITY_BYTES));
}

/** Keeps an identity for later starts: whole or not at all, and for its owner alone. */
export function writeIdentity(state: string, identity: AgentIdentity): void {
  const file = identityFile(state);
  writeNew(state, `${JSON.stringify(identity)}\n`);
  renameSync(`${file}.new`, file);
  syncFolder(state);
  rmSync(legacyFile(state), { force: true });
}

/** The id that an agent from before there were identities gave itself in this folder. */
export function legacyId(state: string): string | undefined {
  const id = readIfPresent(legacyFile(state))?.trim();
  return id !== undefined && ID_PATTERN.test(id) ? id : undefined;
}

/** That a state folder is this process's alone. */
export interface StateLock {
  /** Writes it down. Throws where the disk does not take it. */
  note: () => void;
  release: () => void;
}

/** Takes a state folder for this process alone. Throws where another agent that is alive has it. */
export function holdState(state: string): StateLock {
  const file = join(state, "agent.pid");
  const [pid = 0, start_ticks = 0] = (readIfPresent(file) ?? "").split(" ").map(Number);
  const holder = pid > 0 ? readProcess(pid) : undefined;
  if (holder?.start_ticks === start_ticks && pid !== process.pid) {
    throw new Error(`The state folder ${state} belongs to the agent with process ${pid}, which is running.`);
  }
  return {
    note: () => writeOver(file, `${process.pid} ${readProcess(process.pid)?.start_ticks ?? 0}`),
    // The file stays: on a disk that is full by the next start, there would be no room for another.
    release: () => writeOver(file, "0 0"),
  };
}

/** Writes a text into a file of one length, over what was there: that needs no room, so that it can be done on a full disk too. */
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
  if (failure) throw new Error(`the agent's identity cannot be kept: ${failure.text}`);
}

/** Of an identity's file, about. */
const IDENTITY_BYTES = 256;

function identityFile(state: string): string {
  return join(state, "identity.json");
}

function legacyFile(state: string): string {
  return join(state, "agent-id");
}
