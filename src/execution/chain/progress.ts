import type { Completed } from "../../../protocol/status.ts";

/** How far a chain has come: all that it must know to go on after anything was evicted. One value in the object's storage. */
export interface Progress {
  /** The chain's own parameters, rendered. */
  parameters: Record<string, unknown>;
  vars: Record<string, unknown>;
  published: Record<string, unknown>;
  /** The position of the last task whose end has been taken into account. */
  settled: number;
  /** The task that comes next; null for none. */
  next: string | null;
  /** How the chain ends, were it to end now. */
  status: Completed;
  /** Why it ends where a task did not bring that about. */
  error: string | null;
  /** Texts that no document may show, besides those of its tasks. */
  secrets: string[];
}

/** The progress of a chain that has begun; undefined before. */
export function readProgress(kv: SyncKvStorage): Progress | undefined {
  return kv.get<Progress>("chain");
}

export function writeProgress(kv: SyncKvStorage, progress: Progress): void {
  kv.put("chain", progress);
}
