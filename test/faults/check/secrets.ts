import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Violation } from "../facts.ts";
import { SECRET_BEGINS } from "../programs/pick.ts";

/** Looks for the common beginning of the harness's secrets in all files of some folders: states, spools, logs. */
export function checkSecrets(folders: readonly string[]): Violation[] {
  return folders.flatMap(filesIn).flatMap((path) => {
    const bytes = contentOf(path);
    const at = bytes.indexOf(SECRET_BEGINS);
    return at === -1 ? [] : [{ rule: "secret", text: `${path} has a secret in clear at byte ${at}` }];
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** A file may go while its folder is read. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
