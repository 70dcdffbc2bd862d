import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { VERSION } from "../../protocol/base/version.ts";
import type { Answer, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { SCHEMAS, type SchemaName } from "./schemas.ts";

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

function operationObject(
  path: string,
  { summary, query = {}, body, answer, security = "key", audit }: Operation,
) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name ?? "", "path", ""));
  const inQuery = Object.entries(query).map(([name, text]) => parameter(name, "query", text));
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: { required: true, content: bodyContent(body) } }),
    responses: {
      [answer.status]: { description: answer.text, ...answerContent(answer) },
      default: {
        description: "`{faultstring, code, request_id}`",
        content: { "application/json": { schema: reference("Error") } },
      },
    },
    ...(audit === undefined ? {} : { "x-audit": audit }),
    security: security === "none" ? [] : security === "key" ? USERS_SECURITY : [{ lease: [] }],
  };
}

/** Any of these authenticates a user. */
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

function answerContent({ schema, list, media = ["application/json"] }: Answer) {
  if (schema === undefined) return {};
  const shape = list ? { type: "array", items: reference(schema) } : reference(schema);
  return {
    content: Object.fromEntries(media.map((type) => [type, type === "text/plain" ? {} : { schema: shape }])),
  };
}

function reference(name: SchemaName) {
  return { $ref: `#/components/schemas/${name}` };
}

/** Rules that only the code can check, such as a canonical form, are left out of the document. */
function jsonSchema(schema: v.GenericSchema) {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    errorMode: "ignore",
    typeMode: "input",
    // The one schema with a check of its own is that of an object.
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === "custom" ? { type: "object" } : undefined),
  });
  return rest;
}
