import { sealGiven, storedState } from "./given.ts";
import type { ExecutionState } from "./state.ts";
import type { Vault } from "./vault.ts";

/** Rows of children that one portion seals. */
const ROWS_MAX = 20;

/** Seals what was stored in clear, a portion of it: first the execution's own, then its children, some at a time. */
export function sealEarlier({ kv, sql }: DurableObjectStorage, vault: Vault): "done" | "more" {
  const state = kv.get<ExecutionState>("state");
  if (!state) return "done";
  if (kv.get("given") === undefined) {
    kv.put("given", sealGiven(vault, state.spec));
    kv.put("state", storedState(state));
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
