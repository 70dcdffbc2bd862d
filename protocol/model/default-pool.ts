/** The pool of what names no other. */
export const DEFAULT_POOL = "default";

/** The pool of an execution. Those of the first release do not say it: they were all in one. */
export function poolOf({ pool }: { pool?: string | undefined }): string {
  return pool ?? DEFAULT_POOL;
}
