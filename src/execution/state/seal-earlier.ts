import type { ExecutionSpec } from "../../objects/spec.ts";
import { keptSpec, sealGiven } from "./given.ts";
import type { ExecutionState } from "./state.ts";
import type { Vault } from "./vault.ts";

/** Rows of children that one portion seals. */
const ROWS_MAX = 20;

/** The state of a release that sealed nothing. */
type ClearState = Omit<ExecutionState, "spec"> & { spec: ExecutionSpec };

/** Seals a portion of the values that were stored in clear: first those of the execution, then some children at a time. */
export function sealEarlier({ kv, sql }: DurableObjectStorage, vault: Vault): "done" | "more" {
  const state = kv.get<ClearState>("state");
  if (!state) return "done";
  if (kv.get("given") === undefined) {
    kv.put("given", sealGiven(vault, state.spec.id, state.spec));
    kv.put("state", { ...state, spec: keptSpec(state.spec) } satisfies ExecutionState);
    for (const what of ["result", "secrets", "chain"] as const) {
      const value = kv.get(what);
      if (value !== undefined) kv.put(what, vault.seal([state.spec.id, what], value));
    }
    return "more";
  }
  const rows = sql
    .exec<{ id: string; draft: string; result: string | null; secrets: string | null }>(
      "SELECT id, draft, result, secrets FROM child WHERE typeof(draft) = 'text' LIMIT ?",
      ROWS_MAX,
    )
    .toArray();
  for (const { id, draft, result, secrets } of rows) {
    sql.exec(
      "UPDATE child SET draft = ?, result = ?, secrets = ? WHERE id = ?",
      vault.sealJson([id, "draft"], draft),
      result && vault.sealJson([id, "result"], result),
      secrets && vault.sealJson([id, "secrets"], secrets),
      id,
    );
  }
  return rows.length < ROWS_MAX ? "done" : "more";
}
