import { execFileSync } from "node:child_process";
import { ROOT } from "../cli/base/root.ts";

/** The time of the release: `SOURCE_DATE_EPOCH`, or the time of the commit. */
export function epochSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  return Number(given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" }));
}
