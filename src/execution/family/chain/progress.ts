import { CHAIN_VARS_CHARS_MAX } from "../../../../protocol/base/limits.ts";
import { writeExact } from "../../../../protocol/base/numbers.ts";
import type { Completed } from "../../../../protocol/base/status.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import type { Vault } from "../../state/vault.ts";

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

/** Before anything of a chain is known. */
export const UNBEGUN: Progress = {
  parameters: {},
  vars: {},
  published: {},
  settled: 0,
  next: null,
  status: "failed",
  error: null,
  secrets: [],
};

/** Where the progress of a chain is kept: sealed, as any of its values may be a secret. */
interface Kept {
  kv: SyncKvStorage;
  vault: Vault;
  spec: Pick<ExecutionSpec, "id">;
}

/** The progress of a chain that has begun; undefined before. */
export function readProgress({ kv, vault, spec }: Kept): Progress | undefined {
  const sealed = kv.get<Uint8Array>("chain");
  return sealed && vault.open<Progress>([spec.id, "chain"], sealed);
}

/** Stores how far a chain has come, which is where it ends if it has too many variables by now. */
export function writeProgress({ kv, vault, spec }: Kept, progress: Progress): Progress {
  const stored = { ...bounded(progress), secrets: [...new Set(progress.secrets)] };
  kv.put("chain", vault.seal([spec.id, "chain"], stored));
  return stored;
}

function bounded(progress: Progress): Progress {
  const { parameters, vars, published } = progress;
  if (writeExact([parameters, vars, published]).length <= CHAIN_VARS_CHARS_MAX) return progress;
  const error = `The chain's parameters and variables have more than ${CHAIN_VARS_CHARS_MAX} characters.`;
  return { ...progress, vars: {}, published: {}, ...failedWith(error) };
}

/** What it means for a chain that something besides its tasks went wrong. */
export function failedWith(error: string): Pick<Progress, "status" | "next" | "error"> {
  return { status: "failed", next: null, error };
}
