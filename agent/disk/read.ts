import { readFileSync } from "node:fs";

/** The text of a file; undefined if it does not exist. Throws if the disk fails. */
export function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
