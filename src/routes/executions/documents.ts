import type { Execution } from "../../../protocol/model/execution.ts";
import { type Attributes, selectAttributes, wants } from "../../http/attributes.ts";
import { executionStub } from "../../objects/execution.ts";

/** How a list's rows become the documents of an answer. */
export interface Shown {
  attributes: Attributes;
  show_secrets: boolean;
  /** Whether results are read: the index has none, so each costs a call of its execution. */
  results: boolean;
}

/**
 * The documents of a list's rows, a few at a time: a result may be large, and an isolate cannot hold those of a whole page.
 * Results and secret values are not in a row, so they come from its execution.
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

/** Executions that are called at the same time. */
const OBJECTS_AT_ONCE = 8;
