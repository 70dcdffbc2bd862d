import { readFileSync, statSync } from "node:fs";
import { failureText } from "../../protocol/base/failure-text.ts";

/** The bits of a file's mode by which other users read it. */
const OTHERS_READ = 0o044;

/** The pool's key, or why there is none. Only a first start needs it, so that its absence is no failure here. */
export interface PoolKey {
  key: string | undefined;
  no_key: string;
  open_key_file: string | undefined;
}

/** The key from the environment or a file. A file that a flag names comes first. */
export function keyOf(
  variable: string | undefined,
  file: string | undefined,
  is_file_by_flag: boolean,
): PoolKey {
  if (variable !== undefined && !(is_file_by_flag && file !== undefined))
    return { key: variable, no_key: "", open_key_file: undefined };
  if (file === undefined)
    return { key: undefined, no_key: "TAILRACE_API_KEY is not set", open_key_file: undefined };
  return fromFile(file);
}

function fromFile(file: string): PoolKey {
  try {
    const key = readFileSync(file, "utf8").trim() || undefined;
    const isOpen = key !== undefined && (statSync(file).mode & OTHERS_READ) !== 0;
    return { key, no_key: `There is no key in ${file}`, open_key_file: isOpen ? file : undefined };
  } catch (error) {
    return { key: undefined, no_key: `There is no key: ${failureText(error)}`, open_key_file: undefined };
  }
}
