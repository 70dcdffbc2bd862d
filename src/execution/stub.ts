import type { Execution } from "./execution.ts";

/** What others call of an execution's object. */
export type ExecutionStub = Pick<
  Execution,
  | "create"
  | "get"
  | "spec"
  | "run"
  | "standing"
  | "waiting"
  | "pageBefore"
  | "linesPage"
  | "lease"
  | "start"
  | "unlease"
  | "append"
  | "end"
  | "expand"
  | "holdsLease"
  | "appendFromChild"
  | "childEnded"
  | "childPaused"
  | "pause"
  | "resume"
  | "cancel"
  | "update"
  | "pin"
  | "redact"
  | "agentLost"
  | "agentBack"
  | "abandon"
  | "drop"
  | "openOf"
  | "fetch"
>;

/** The object of an execution. The generated stub type drops every result that holds `unknown`, so it is named here. */
export function executionStub(env: Env, id: string): ExecutionStub {
  return env.EXECUTION.getByName(id) as unknown as ExecutionStub;
}
