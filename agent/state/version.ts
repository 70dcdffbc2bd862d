import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readIfPresent } from "../disk/read.ts";

/** The form of an agent's state folder. A release whose state an older one would misread raises it. 1 is a folder without a number; up to 2, a spool's folder has no epoch. */
export const STATE_VERSION = 3;

/** Refuses a folder that a later release has written, before anything in it is touched. */
export function checkState(state: string): void {
  const version = readVersion(versionFile(state));
  if (version <= STATE_VERSION) return;
  throw new Error(
    `The state folder ${state} was written by a later release of the agent. Nothing in it was changed: start that release, or a later one.`,
  );
}

/** Notes that this release writes the folder. */
export function noteState(state: string): void {
  const file = versionFile(state);
  if (readVersion(file) === STATE_VERSION) return;
  writeFileSync(file, `${STATE_VERSION}\n`, { mode: 0o600, flush: true });
}

function versionFile(state: string): string {
  return join(state, "version");
}

function readVersion(file: string): number {
  return Number(readIfPresent(file) ?? 1);
}
