import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { Action, Pack, RegisterActions, RunnerType } from "../protocol/action.ts";
import { EndExecution, ExpandExecution } from "../protocol/agent.ts";
import { Acknowledgement } from "../protocol/append.ts";
import { Chunk } from "../protocol/chunk.ts";
import { ERRORS, ErrorBody } from "../protocol/errors.ts";
import { CreateExecution, Execution, ReRunExecution, UpdateExecution } from "../protocol/execution.ts";
import { Key, SetKey } from "../protocol/key.ts";
import { ControlEvent } from "../protocol/record.ts";
import { EXECUTION_OPERATIONS, PAGE } from "./openapi-executions.ts";
import { IDENTITY_OPERATIONS, IDENTITY_SCHEMAS } from "./openapi-identity.ts";
import { VERSION } from "./version.ts";

/** The schemas by the names that the document gives them: the ones that the routes check with. */
const SCHEMAS = {
  Acknowledgement,
  Action,
  Chunk,
  ControlEvent,
  CreateExecution,
  EndExecution,
  Error: ErrorBody,
  Execution,
  ExpandExecution,
  Key,
  Pack,
  RegisterActions,
  ReRunExecution,
  RunnerType,
  SetKey,
  UpdateExecution,
  ...IDENTITY_SCHEMAS,
} satisfies Record<string, v.GenericSchema>;
type SchemaName = keyof typeof SCHEMAS;

/** One operation: what it is for, what it takes and what it gives. */
export interface Operation {
  summary: string;
  query?: Record<string, string>;
  body?: SchemaName | "ndjson";
  answer: { status: number; schema?: SchemaName; list?: boolean; media?: string[]; text: string };
  security?: "key" | "lease" | "none";
}

const ANY_ATTRIBUTES = {
  include_attributes: "only these attributes, separated by commas",
  exclude_attributes: "without these attributes",
};
const ERROR_TEXT = "`{faultstring, code}`";

/** Every path of the API, relative to where it is mounted. `{id}` may be `last`. */
export const OPERATIONS: Record<string, Operation> = {
  "GET /healthz": { summary: "What this server is", answer: { status: 200, text: "ok" }, security: "none" },
  "GET /openapi.json": {
    summary: "This document",
    answer: { status: 200, text: "OpenAPI 3.1" },
    security: "none",
  },
  "GET /api/v1": {
    summary: "Which version this is, and where it is described",
    answer: { status: 200, text: "`{version, docs_url}`" },
    security: "none",
  },
  "GET /docs": { summary: "This document, to read", answer: { status: 200, text: "HTML" }, security: "none" },
  ...EXECUTION_OPERATIONS,
  "GET /api/v1/actions": {
    summary: "Registered actions",
    query: {
      ...PAGE,
      pack: "only of this pack",
      name: "only of this name",
      ...ANY_ATTRIBUTES,
      exclude_attributes: "without `parameters` or `notify`",
    },
    answer: { status: 200, schema: "Action", list: true, text: "a page" },
  },
  "GET /api/v1/actions/{ref}": {
    summary: "One action, by reference or id",
    answer: { status: 200, schema: "Action", text: "the action" },
  },
  "GET /api/v1/runnertypes": {
    summary: "Runners and their parameters",
    query: { ...PAGE, ...ANY_ATTRIBUTES, name: "only the one of this name" },
    answer: { status: 200, schema: "RunnerType", list: true, text: "all" },
  },
  "GET /api/v1/runnertypes/{name}": {
    summary: "One runner, by name or id",
    answer: { status: 200, schema: "RunnerType", text: "the runner" },
  },
  "GET /api/v1/packs": {
    summary: "Registered packs",
    query: { ...PAGE, ...ANY_ATTRIBUTES },
    answer: { status: 200, schema: "Pack", list: true, text: "a page" },
  },
  "GET /api/v1/packs/{ref}": {
    summary: "One pack, by reference or id",
    answer: { status: 200, schema: "Pack", text: "the pack" },
  },
  "GET /api/v1/keys": {
    summary: "The key-value table",
    query: { limit: PAGE.limit, prefix: "only names that begin so", decrypt: "`true` opens secret values" },
    answer: { status: 200, schema: "Key", list: true, text: "a page" },
  },
  "GET /api/v1/keys/{name}": {
    summary: "One key",
    query: { decrypt: "`true` opens a secret value" },
    answer: { status: 200, schema: "Key", text: "the key" },
  },
  "PUT /api/v1/keys/{name}": {
    summary: "Set a key",
    body: "SetKey",
    answer: { status: 200, schema: "Key", text: "the key" },
  },
  "DELETE /api/v1/keys/{name}": {
    summary: "Delete a key",
    answer: { status: 204, text: "deleted" },
  },
  ...IDENTITY_OPERATIONS,
  "GET /api/v1/pools/{pool}/agents": {
    summary: "The agents that are connected",
    answer: { status: 200, text: "a list" },
  },
  "GET /agent/v1/pools/{pool}/connect": {
    summary: "An agent's WebSocket to its pool",
    answer: { status: 101, text: "messages as in docs/protocol.md" },
  },
  "POST /agent/v1/actions": {
    summary: "Register packs' actions",
    body: "RegisterActions",
    answer: { status: 200, text: "`{registered}`" },
  },
  "POST /agent/v1/executions/{id}/start": {
    summary: "The process has started",
    answer: { status: 200, schema: "Acknowledgement", text: "acknowledged" },
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/chunks": {
    summary: "Append a batch of chunks",
    body: "ndjson",
    answer: { status: 200, schema: "Acknowledgement", text: "stored; 409 `gap` has `next`" },
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/expand": {
    summary: "Make the execution the parent of one for each host",
    body: "ExpandExecution",
    answer: { status: 200, schema: "Acknowledgement", text: "the lease is over" },
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/keys/read": {
    summary: "Keys for a running action, secret values open",
    answer: { status: 200, schema: "Key", list: true, text: "those that there are" },
    security: "lease",
  },
  "PUT /agent/v1/executions/{id}/keys/{name}": {
    summary: "Set a key for a running action",
    body: "SetKey",
    answer: { status: 200, schema: "Key", text: "the key" },
    security: "lease",
  },
  "DELETE /agent/v1/executions/{id}/keys/{name}": {
    summary: "Delete a key for a running action",
    answer: { status: 200, text: "`{deleted}`" },
    security: "lease",
  },
  "POST /agent/v1/executions/{id}/end": {
    summary: "End the execution",
    body: "EndExecution",
    answer: { status: 200, schema: "Acknowledgement", text: "ended" },
    security: "lease",
  },
};

/** The API as an OpenAPI 3.1 document. */
export function openApi(origin: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, operation] of Object.entries(OPERATIONS)) {
    const [method = "", path = ""] = key.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationObject(path, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tailrace",
      version: VERSION,
      description: "`/v1` is the same as `/api/v1`, and `/actionexecutions` the same as `/executions`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema)]),
      ),
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "St2-Api-Key" },
        key_in_query: { type: "apiKey", in: "query", name: "st2-api-key" },
        token: { type: "apiKey", in: "header", name: "X-Auth-Token" },
        token_in_query: { type: "apiKey", in: "query", name: "x-auth-token" },
        token_in_cookie: { type: "apiKey", in: "cookie", name: "auth-token" },
        lease: { type: "http", scheme: "bearer", description: "The token of the lease" },
      },
    },
  };
}

function operationObject(path: string, { summary, query = {}, body, answer, security = "key" }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name ?? "", "path", ""));
  const inQuery = Object.entries(query).map(([name, text]) => parameter(name, "query", text));
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: { required: true, content: bodyContent(body) } }),
    responses: {
      [answer.status]: { description: answer.text, ...answerContent(answer) },
      default: { description: ERROR_TEXT, content: { "application/json": { schema: reference("Error") } } },
    },
    security: security === "none" ? [] : security === "key" ? USERS_SECURITY : [{ lease: [] }],
  };
}

/** Any of these lets a user in. */
const USERS_SECURITY = ["key", "key_in_query", "token", "token_in_query", "token_in_cookie"].map((name) => ({
  [name]: [],
}));

function parameter(name: string, where: "path" | "query", description: string) {
  return { name, in: where, required: where === "path", description, schema: { type: "string" } };
}

function bodyContent(body: SchemaName | "ndjson") {
  if (body === "ndjson") return { "application/x-ndjson": { schema: reference("Chunk") } };
  return { "application/json": { schema: reference(body) } };
}

function answerContent({ schema, list, media = ["application/json"] }: Operation["answer"]) {
  if (schema === undefined) return {};
  const shape = list ? { type: "array", items: reference(schema) } : reference(schema);
  return {
    content: Object.fromEntries(media.map((type) => [type, type === "text/plain" ? {} : { schema: shape }])),
  };
}

function reference(name: SchemaName) {
  return { $ref: `#/components/schemas/${name}` };
}

/** What only the code can check (a canonical form, say) is left out of the document. */
function jsonSchema(schema: v.GenericSchema) {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" });
  return rest;
}

/** The codes that an error may carry, with their statuses, for the page. */
export const ERROR_ROWS = Object.entries(ERRORS).map(([code, { status, text }]) => ({ code, status, text }));
