import { AGENT_OPERATIONS } from "./agents.ts";
import { EXECUTION_OPERATIONS } from "./executions.ts";
import { IDENTITY_OPERATIONS } from "./identity.ts";
import { METADATA_OPERATIONS } from "./metadata.ts";
import { type Operation, ok } from "./operation.ts";
import { OUTPUT_OPERATIONS } from "./output.ts";

/** All paths of the API, relative to its mount point. `{id}` may be `last`. */
export const OPERATIONS: Record<string, Operation> = {
  "GET /healthz": { summary: "The server's name, version and time", answer: ok("ok"), security: "none" },
  "GET /readyz": {
    summary: "Whether the server can work",
    answer: ok("the index and the objects answer; 503 says which does not"),
    security: "none",
  },
  "GET /metrics": {
    summary: "The server in numbers, for an administrator, or by the permission `metrics_view`",
    answer: { status: 200, media: ["text/plain"], text: "Prometheus's text format" },
  },
  "GET /openapi.json": {
    summary: "This document",
    answer: ok("OpenAPI 3.1"),
    security: "none",
  },
  "GET /api/v1": {
    summary: "The version, and the address of the documentation",
    answer: ok("`{version, docs_url}`"),
    security: "none",
  },
  "GET /docs": { summary: "This document as a page", answer: ok("HTML"), security: "none" },
  ...EXECUTION_OPERATIONS,
  ...OUTPUT_OPERATIONS,
  ...METADATA_OPERATIONS,
  ...IDENTITY_OPERATIONS,
  ...AGENT_OPERATIONS,
};
