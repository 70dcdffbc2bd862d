import { readFileSync } from "node:fs";

/** The text of a file; undefined where it is absent. Throws where the disk does not give it. */
export function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
