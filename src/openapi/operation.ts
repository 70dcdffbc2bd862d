import type { AuditAction } from "../../protocol/model/audit.ts";
import type { SchemaName } from "./schemas.ts";

/** One operation: what it is for, what it takes and what it gives. */
export interface Operation {
  summary: string;
  query?: Record<string, string>;
  body?: SchemaName | "ndjson";
  answer: Answer;
  security?: "key" | "lease" | "none";
  /** What the audit log says of it, where it does. */
  audit?: AuditAction[];
}

/** What an operation answers where it succeeds: JSON, unless it says otherwise. */
export interface Answer {
  status: number;
  schema?: SchemaName;
  list?: boolean;
  media?: string[];
  text: string;
}

/** What every list takes. */
export const PAGE = { limit: "rows of a page, at most 100; -1 for all", offset: "rows to pass over" };

/** Something that has no schema of its own. */
export function ok(text: string): Answer {
  return { status: 200, text };
}

/** One thing. */
export function one(schema: SchemaName, text: string): Answer {
  return { status: 200, schema, text };
}

/** A list of things. */
export function list(schema: SchemaName, text = "a page"): Answer {
  return { status: 200, schema, list: true, text };
}

/** One thing that there was not before. */
export function made(schema: SchemaName, text: string): Answer {
  return { status: 201, schema, text };
}

/** Nothing: it is done. */
export function gone(text = "deleted"): Answer {
  return { status: 204, text };
}
