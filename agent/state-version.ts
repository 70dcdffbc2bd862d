import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The form of an agent's state folder. A release whose state an older one would misread raises it. 1 is a folder without a number. */
export const STATE_VERSION = 2;

/** Refuses a folder that a later release has written, before anything in it is touched; else notes that this one writes it. */
export function claimState(state: string): void {
  const file = join(state, "version");
  const version = readVersion(file);
  if (version === STATE_VERSION) return;
  if (!(version < STATE_VERSION)) {
    throw new Error(
      `The state folder ${state} was written by a later release of the agent. Nothing in it was changed: start that release, or a later one.`,
    );
  }
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${STATE_VERSION}\n`, { mode: 0o600 });
}

function readVersion(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 1;
    throw error;
  }
}
