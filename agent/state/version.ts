import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readIfPresent } from "../disk/read.ts";

/**
 * The form of an agent's state folder. A release raises it if older releases would misread its state. A folder without a number has 1.
 * Up to 2, the names of spools have no epoch.
 */
export const STATE_VERSION = 3;

/** Throws for a folder that a later release has written, before it changes anything in it. */
export function checkState(state: string): void {
  const version = readVersion(versionFile(state));
  if (version <= STATE_VERSION) return;
  throw new Error(
    `The state folder ${state} was written by a later release of the agent. Nothing in it was changed: start that release, or a later one.`,
  );
}

/** Writes down that this release writes the folder. */
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
