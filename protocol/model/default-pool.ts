/** The pool that applies if no other is named. */
export const DEFAULT_POOL = "default";

/** The pool of an execution. Executions of the first release do not name it: they had only one pool. */
export function poolOf({ pool }: { pool?: string | undefined }): string {
  return pool ?? DEFAULT_POOL;
}
