import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { Action, RegisterActions, RunnerType } from "../protocol/action.ts";
import { EndExecution } from "../protocol/agent.ts";
import { Acknowledgement } from "../protocol/append.ts";
import { Chunk } from "../protocol/chunk.ts";
import { ERRORS, ErrorBody } from "../protocol/errors.ts";
import { CreateExecution, Execution, ReRunExecution } from "../protocol/execution.ts";
import { SEARCH_MATCHES_MAX, TAIL_LINES_MAX } from "../protocol/limits.ts";
import { ControlEvent } from "../protocol/record.ts";
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
  RegisterActions,
  ReRunExecution,
  RunnerType,
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

const PAGE = { limit: "rows of a page, at most 100; -1 for all", offset: "rows to pass over" };
const OUTPUT = {
  output_type: "`stdout`, `stderr`, `other` or `all`; `type` is the same",
  after: "start behind this sequence number (`Last-Event-ID` does the same)",
  tail: `start with the last N lines, at most ${TAIL_LINES_MAX}`,
  follow: "`false` ends once all that there is has been sent",
};
const LINES = {
  line: "the line to begin with, from 1; without it the last ones, or the first to search",
  type: "only lines of these streams, separated by commas; `line` counts those",
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
  "GET /docs": { summary: "This document, to read", answer: { status: 200, text: "HTML" }, security: "none" },
  "POST /api/v1/executions": {
    summary: "Start an action",
    body: "CreateExecution",
    answer: { status: 201, schema: "Execution", text: "the new execution" },
  },
  "GET /api/v1/executions": {
    summary: "Executions, newest first",
    query: {
      ...PAGE,
      action: "only of this action",
      status: "only in this status",
      user: "only of this user",
    },
    answer: {
      status: 200,
      schema: "Execution",
      list: true,
      text: "a page; `X-Total-Count` says how many match",
    },
  },
  "GET /api/v1/executions/{id}": {
    summary: "One execution",
    answer: { status: 200, schema: "Execution", text: "the execution" },
  },
  "DELETE /api/v1/executions/{id}": {
    summary: "Cancel an execution",
    answer: {
      status: 200,
      schema: "Execution",
      text: "the execution, or a `faultstring` where it has completed",
    },
  },
  "POST /api/v1/executions/{id}/pin": {
    summary: "Keep an execution and its output, whatever their time",
    answer: { status: 200, schema: "Execution", text: "the execution, `pinned`" },
  },
  "DELETE /api/v1/executions/{id}/pin": {
    summary: "Take the pin off: the time begins anew",
    answer: { status: 200, schema: "Execution", text: "the execution" },
  },
  "POST /api/v1/executions/{id}/re_run": {
    summary: "Run the same again, with parameters replaced",
    body: "ReRunExecution",
    answer: { status: 201, schema: "Execution", text: "the new execution" },
  },
  "GET /api/v1/executions/{id}/output": {
    summary: "The output: raw text, or records as NDJSON, server-sent events or WebSocket messages",
    query: {
      ...OUTPUT,
      format:
        "`text`, `plain` (without escape sequences), `ndjson` or `sse`; else the Accept and Upgrade headers decide",
    },
    answer: {
      status: 200,
      schema: "Chunk",
      media: ["text/plain", "application/x-ndjson", "text/event-stream"],
      text: "stays open until the execution has ended",
    },
  },
  "GET /api/v1/executions/{id}/output/lines": {
    summary: "A page of the output, of whole batches, for readers that go to and fro",
    query: LINES,
    answer: {
      status: 200,
      media: ["application/x-ndjson"],
      text: "`page` with the number of lines, then each `batch` with its place among them, and its chunks",
    },
  },
  "GET /api/v1/executions/{id}/search": {
    summary: "Lines that match; a request reads a bounded part of the log, and says where to go on",
    query: {
      q: "what to look for",
      regex: "`true`: it is a regular expression (RE2's)",
      case: "`true`: case counts",
      ...LINES,
      limit: `matches to find, at most ${SEARCH_MATCHES_MAX}`,
    },
    answer: {
      status: 200,
      text: "`{matches, next, total, done}`; a match has its `line`, `place`, `seq` and `text`",
    },
  },
  "GET /stream/v1/executions/{id}/output": {
    summary: "The output as StackStorm's events, ended by EOF",
    query: OUTPUT,
    answer: { status: 200, media: ["text/event-stream"], text: "`st2.execution.output__create` events" },
  },
  "GET /api/v1/actions": {
    summary: "Registered actions",
    query: { ...PAGE, pack: "only of this pack" },
    answer: { status: 200, schema: "Action", list: true, text: "a page" },
  },
  "GET /api/v1/actions/{ref}": {
    summary: "One action, by reference or id",
    answer: { status: 200, schema: "Action", text: "the action" },
  },
  "GET /api/v1/runnertypes": {
    summary: "Runners and their parameters",
    query: { name: "only the one of this name" },
    answer: { status: 200, schema: "RunnerType", list: true, text: "all" },
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
