import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../errors.ts";
import { readIfThere } from "./secrets.ts";

/** The form of a state folder. A release whose state an older one would misread raises it. 1 is a folder without a number. */
export const STATE_VERSION = 2;

/** Refuses a folder that a later release has written, before anything in it is touched; else notes that this one writes it. */
export function claimState(state: string): void {
  const file = join(state, "version");
  const version = Number(readIfThere(file) ?? 1);
  if (version === STATE_VERSION) return;
  if (!(version < STATE_VERSION)) {
    throw new CliError(
      `The state folder ${state} was written by a later release of Tailrace. Nothing in it was changed: start that release or a later one, or take another folder: --state DIR.`,
    );
  }
  writeFileSync(file, `${STATE_VERSION}\n`, { mode: 0o600 });
}
