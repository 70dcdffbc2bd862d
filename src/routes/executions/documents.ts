import type { Execution } from "../../../protocol/model/execution.ts";
import { type Attributes, selectAttributes, wants } from "../../http/attributes.ts";
import { executionStub } from "../../objects/execution.ts";

/** How the rows of a list become the documents of an answer. */
export interface Shown {
  attributes: Attributes;
  show_secrets: boolean;
  /** Whether results are read: the index has none, so each costs a question to its execution. */
  results: boolean;
}

/**
 * The documents of a list's rows, a few at a time: a result may be large, and all of a page's would not fit into an isolate.
 * What a row lacks (results, secret values) its execution is asked for.
 */
export async function* documents(
  env: Env,
  pages: AsyncIterable<Execution[]>,
  { attributes, show_secrets, results }: Shown,
): AsyncGenerator<Partial<Execution>[], void, void> {
  const needs_object = ({ result_size }: Execution) =>
    show_secrets || (results && result_size !== undefined && wants(attributes, "result"));
  for await (const page of pages) {
    while (page.length > 0) {
      const few = page.some(needs_object) ? page.splice(0, OBJECTS_AT_ONCE) : page.splice(0);
      const whole = few.map((row) =>
        needs_object(row) ? executionStub(env, row.id).get({ show_secrets }) : row,
      );
      yield (await Promise.all(whole)).flatMap((document) =>
        document === undefined ? [] : [selectAttributes(document, attributes)],
      );
    }
  }
}

/** Executions that are asked at the same time. */
const OBJECTS_AT_ONCE = 8;
