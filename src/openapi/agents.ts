import { list, type Operation, ok, one } from "./operation.ts";

/** Pools, and the agents' own door. */
export const AGENT_OPERATIONS: Record<string, Operation> = {
  "GET /api/v1/pools/{pool}/agents": {
    summary: "The agents that are connected",
    answer: ok("a list"),
  },
  "GET /agent/v1/pools/{pool}/connect": {
    summary: "An agent's WebSocket to its pool",
    answer: { status: 101, text: "messages as in docs/protocol.md" },
  },
  "POST /agent/v1/actions": {
    summary: "Register packs' actions",
    body: "RegisterActions",
    answer: ok("`{registered}`"),
  },
  "POST /agent/v1/executions/{id}/start": {
    summary: "The process has started",
    answer: one("Acknowledgement", "acknowledged"),
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/chunks": {
    summary: "Append a batch of chunks",
    body: "ndjson",
    answer: one("Acknowledgement", "stored; 409 `gap` has `next`"),
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/expand": {
    summary: "Make the execution the parent of one for each host",
    body: "ExpandExecution",
    answer: one("Acknowledgement", "the lease is over"),
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/keys/read": {
    summary: "Keys for a running action, secret values open",
    answer: list("Key", "those that there are"),
    security: "lease",
  },
  "PUT /agent/v1/executions/{id}/keys/{name}": {
    summary: "Set a key for a running action",
    body: "SetKey",
    answer: one("Key", "the key"),
    security: "lease",
  },
  "DELETE /agent/v1/executions/{id}/keys/{name}": {
    summary: "Delete a key for a running action",
    answer: ok("`{deleted}`"),
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/end": {
    summary: "End the execution",
    body: "EndExecution",
    answer: one("Acknowledgement", "ended"),
    security: "lease",
  },
};
