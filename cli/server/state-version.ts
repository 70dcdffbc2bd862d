import { join } from "node:path";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";

/** The form of a state folder. A release raises it if older releases would misread its state. A folder without a number has 1. */
export const STATE_VERSION = 2;

/** The form of a folder. Throws for a folder that a later release has written, before it changes anything in it. */
export function readStateVersion(state: string): number {
  const version = Number(readOptional(join(state, FILE)) ?? 1);
  if (version <= STATE_VERSION) return version;
  throw new CliError(
    `The state folder ${state} was written by a later release of Tailrace. Nothing in it was changed: start that release or a later one, or choose another folder: --state DIR.`,
  );
}

/** Writes down that a folder has the present form. */
export function noteStateVersion(state: string): void {
  writeWhole(join(state, FILE), `${STATE_VERSION}\n`);
}

const FILE = "version";
