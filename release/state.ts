import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../cli/base/root.ts";
import type { Release } from "./step.ts";

/**
 * Adds the state that this version leaves to the fixtures, which every later version has to open. Once made, it stays as it is. A
 * version that the changelog does not have yet may still change what it stores.
 */
export async function addState({ version }: Release): Promise<void> {
  const folder = `test/fixtures/state-${version}`;
  if (!isInChangelog(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"), version)) {
    process.stderr.write(`not yet, as CHANGELOG.md has no [${version}]; `);
  } else if (existsSync(join(ROOT, folder))) {
    process.stderr.write(`${folder} stays; `);
  } else {
    await promisify(execFile)(process.execPath, ["test/fixtures/make-state.ts", version], { cwd: ROOT });
    process.stderr.write(`commit ${folder}; `);
  }
}

/** Whether the changelog has a section of this version. */
export function isInChangelog(changelog: string, version: string): boolean {
  return changelog.split("\n").some((line) => line.startsWith(`## [${version}]`));
}
