import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { AgentIdentity } from "../protocol/agent-state.ts";
import { ID_PATTERN } from "../protocol/id.ts";
import { readProcess } from "./process/table.ts";

/** The identity that an earlier start has got; undefined where there is none that can be read. */
export function readIdentity(state: string): AgentIdentity | undefined {
  const text = readIfThere(identityFile(state));
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
  rmSync(legacyFile(state), { force: true });
}

/** The id that an agent from before there were identities gave itself in this folder. */
export function legacyId(state: string): string | undefined {
  const id = readIfThere(legacyFile(state))?.trim();
  return id !== undefined && ID_PATTERN.test(id) ? id : undefined;
}

/** Takes a state folder for this process alone. Throws where another agent that is alive has it. */
export function lockState(state: string): { release: () => void } {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const file = join(state, "agent.pid");
  const [pid = 0, start_ticks = 0] = (readIfThere(file) ?? "").split(" ").map(Number);
  const holder = pid > 0 ? readProcess(pid) : undefined;
  if (holder?.start_ticks === start_ticks && pid !== process.pid) {
    throw new Error(`The state folder ${state} belongs to the agent with process ${pid}, which is running.`);
  }
  writeFileSync(file, `${process.pid} ${readProcess(process.pid)?.start_ticks ?? 0}\n`, { mode: 0o600 });
  return { release: () => rmSync(file, { force: true }) };
}

function writeNew(state: string, text: string): void {
  writeFileSync(`${identityFile(state)}.new`, text, { mode: 0o600, flush: true });
}

/** Of an identity's file, about. */
const IDENTITY_BYTES = 256;

function identityFile(state: string): string {
  return join(state, "identity.json");
}

function legacyFile(state: string): string {
  return join(state, "agent-id");
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
