import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { missingPackages, PACKAGES, programFolders } from "./needs.ts";

/** The tag of tests that need an `/etc` which no other process sees, and with it accounts with passwords. */
export const ROOT_TAG = "root";

/** The tag of tests that need a disk of their own in a file, which they may copy as a crash of the host would leave it. */
export const LOOP_TAG = "loop";

/** Under CI a missing need is a failure, and root may change the machine for a while. */
const IS_CI = process.env.CI === "true";

/** Whether root may have a view of the file system of its own here. Not in every container. */
export const HAS_NAMESPACES = userInfo().uid === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;

/** Whether files can be mounted as disks here. */
const HAS_LOOP = existsSync("/dev/loop-control");

/** The tags that tests may have. Tests of what this machine lacks are skipped, but under CI, where they fail. */
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
