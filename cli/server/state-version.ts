import { join } from "node:path";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";

/** The form of a state folder. A release whose state an older one would misread raises it. 1 is a folder without a number. */
export const STATE_VERSION = 2;

/** The form that a folder has. Refuses one that a later release has written, before anything in it is touched. */
export function readStateVersion(state: string): number {
  const version = Number(readOptional(join(state, FILE)) ?? 1);
  if (version <= STATE_VERSION) return version;
  throw new CliError(
    `The state folder ${state} was written by a later release of Tailrace. Nothing in it was changed: start that release or a later one, or take another folder: --state DIR.`,
  );
}

/** Notes that a folder has the present form. */
export function noteStateVersion(state: string): void {
  writeWhole(join(state, FILE), `${STATE_VERSION}\n`);
}

const FILE = "version";
