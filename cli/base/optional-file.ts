import { readFileSync } from "node:fs";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "./errors.ts";

/** A file's text; undefined if the file does not exist. Throws with its path if it cannot be read. */
export function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CliError(
      `${file} cannot be read: ${failureText(error)}. Check the path and its permissions: ls -ld ${file}`,
    );
  }
}
