import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { onTestFinished } from "vitest";

/** What the platform bills of a run: rows of the objects and of the index, by their table or key. */
export interface Counted {
  object: Map<string, number>;
  index: Map<string, number>;
  /** Rows that the objects have read. */
  object_read: number;
  index_read: number;
  /** Calls from one object to another, by the object and the method. */
  requests: Map<string, number>;
}
