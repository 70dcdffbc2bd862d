import { gone, list, made, type Operation, ok, one, PAGE } from "./operation.ts";

/** Pools, and the agents' routes. */
export const AGENT_OPERATIONS: Record<string, Operation> = {
  "GET /api/v1/pools/{pool}/agents": {
    summary: "The agents that are connected",
    answer: list("AgentState", "those of the pool"),
  },
  "GET /api/v1/agents": {
    summary: "The agents that have an identity",
    query: { ...PAGE, pool: "only of this pool" },
    answer: list("KnownAgent"),
  },
  "GET /api/v1/agents/{id}": {
    summary: "An agent, revoked or not",
    answer: one("KnownAgent", "the agent"),
  },
  "PUT /api/v1/agents/{id}/drain": {
    summary: "Drain an agent: it gets no new work, and keeps what it runs. It stays so over restarts",
    answer: one("KnownAgent", "the agent"),
    audit: ["agent.drain"],
  },
  "DELETE /api/v1/agents/{id}/drain": {
    summary: "Let a drained agent take work again",
    answer: one("KnownAgent", "the agent"),
    audit: ["agent.resume"],
  },
  "DELETE /api/v1/agents/{id}": {
    summary: "Revoke an agent: its secret becomes void, and its executions end",
    answer: gone("revoked"),
    audit: ["agent.revoke"],
  },
  "POST /agent/v1/agents": {
    summary: "Register an agent, by its pool's key",
    body: "RegisterAgent",
    answer: made("AgentIdentity", "its id, its pool, and its secret, which is never shown again"),
    audit: ["agent.register"],
  },
  "GET /agent/v1/pools/{pool}/connect": {
    summary: "An agent's WebSocket to its pool, by the agent's secret",
    answer: { status: 101, text: "messages as in docs/protocol.md" },
  },
  "POST /agent/v1/pools/{pool}/packs": {
    summary: "Compare an agent's packs with those that its pool has registered",
    body: "OfferPacks",
    answer: ok("`{changed}`: references of the packs to register"),
  },
  "POST /agent/v1/pools/{pool}/packs/{ref}/actions": {
    summary: "A page of a pack's actions; the last page makes all of them the pool's in one step",
    body: "RegisterPage",
    answer: ok("`{registered}`; 409 `gap`: pages are missing: start again"),
  },
  "POST /agent/v1/actions": {
    summary: "Register packs' actions in one request, as agents of the first release do",
    body: "RegisterActions",
    answer: ok("`{registered}`"),
  },
  "POST /agent/v1/executions/{id}/start": {
    summary: "Report that the process has started; also before the end of an execution without a process",
    answer: one("Acknowledgement", "acknowledged"),
    security: "lease",
  },
  "GET /agent/v1/executions/{id}/chunks": {
    summary:
      "A WebSocket for small batches: each message is a batch, and each answer its acknowledgement or refusal",
    answer: { status: 101, text: "messages as in docs/protocol.md" },
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
    answer: one("Acknowledgement", "the lease has ended"),
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/keys/read": {
    summary: "Keys for a running action, with secret values decrypted",
    answer: list("Key", "the keys that exist"),
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
  "POST /agent/v1/executions/{id}/token": {
    summary: "A token of the run's user, for its program",
    answer: { status: 201, text: "`{token, expiry}`; void once the run has ended" },
    security: "lease",
    audit: ["execution.token"],
  },
  "POST /agent/v1/executions/{id}/end": {
    summary: "End the execution",
    body: "EndRequest",
    answer: one("Acknowledgement", "ended"),
    security: "lease",
  },
};
