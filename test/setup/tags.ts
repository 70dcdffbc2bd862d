import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { missingPackages, PACKAGES, programFolders } from "./needs.ts";

/** The tag of tests that need a private `/etc` with accounts that have passwords. */
export const ROOT_TAG = "root";

/** The tag of tests that need a disk in a file, which they copy to see it as a crash of the host would leave it. */
export const LOOP_TAG = "loop";

/** Under CI a missing package is a failure, and root may change the machine during a test. */
const IS_CI = process.env.CI === "true";

/** Whether root may have a private view of the file system here. Some containers forbid it. */
export const HAS_NAMESPACES = userInfo().uid === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;

/** Whether files can be mounted as disks here. */
const HAS_LOOP = existsSync("/dev/loop-control");

/** The tags of tests. Tests that need a missing package are skipped; under CI they fail. */
export function testTags(): { name: string; skip?: true }[] {
  const lacking = lackingTags();
  return [...PACKAGES, ROOT_TAG, LOOP_TAG].map((name) =>
    lacking.includes(name) ? { name, skip: true } : { name },
  );
}

/** The tags whose tests cannot run here. */
export function lackingTags(): string[] {
  if (IS_CI) return [];
  return [
    ...missingPackages(programFolders()),
    ...(HAS_NAMESPACES ? [] : [ROOT_TAG]),
    ...(HAS_LOOP ? [] : [LOOP_TAG]),
  ];
}
