import type { AuditAction } from "../../protocol/model/audit.ts";
import type { SchemaName } from "./schemas.ts";

/** One operation: its purpose, its input and its answer. */
export interface Operation {
  summary: string;
  query?: Record<string, string>;
  body?: SchemaName | "ndjson";
  answer: Answer;
  security?: "key" | "lease" | "none";
  /** The audit log's actions for it, if any. */
  audit?: AuditAction[];
}

/** The answer of a successful operation: JSON by default. */
export interface Answer {
  status: number;
  schema?: SchemaName;
  list?: boolean;
  media?: string[];
  text: string;
}

/** The query parameters of each list. */
export const PAGE = { limit: "rows of a page, at most 100; -1 for all", offset: "rows to skip" };

/** An answer without a schema of its own. */
export function ok(text: string): Answer {
  return { status: 200, text };
}

/** A single object. */
export function one(schema: SchemaName, text: string): Answer {
  return { status: 200, schema, text };
}

/** A list of objects. */
export function list(schema: SchemaName, text = "a page"): Answer {
  return { status: 200, schema, list: true, text };
}

/** A new object. */
export function made(schema: SchemaName, text: string): Answer {
  return { status: 201, schema, text };
}

/** An empty answer. */
export function gone(text = "deleted"): Answer {
  return { status: 204, text };
}
