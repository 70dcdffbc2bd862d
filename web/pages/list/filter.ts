import type { Execution } from "../../../protocol/model/execution.ts";

/** Rows of one page. */
export const PAGE_ROWS = 50;

/** The filter of a list, as the address has it. */
export interface Filter {
  status: string;
  action: string;
  user: string;
  /** Executions to skip: the pages before this one. */
  offset: number;
}

/** The filter that the address has. */
export function readFilter(): Filter {
  const query = new URLSearchParams(location.search);
  const text = (name: string) => query.get(name) ?? "";
  return {
    status: text("status"),
    action: text("action"),
    user: text("user"),
    offset: Number(text("offset")) || 0,
  };
}

/** The address that has a filter. */
export function addressOf(filter: Filter): string {
  const query = queryOf(filter);
  return query.size > 0 ? `/?${query}` : "/";
}

/** The API query for a page: children are shown with their parents, and results are not in the index. */
export function pageQuery(filter: Filter): URLSearchParams {
  const query = queryOf(filter);
  query.set("exclude_attributes", "result");
  query.set("parent", "null");
  query.set("limit", String(PAGE_ROWS));
  return query;
}

/** Whether an execution matches a filter, on any page. */
export function matches({ status, action, context, parent }: Execution, filter: Filter): boolean {
  return (
    parent === undefined &&
    (filter.status === "" || filter.status === status) &&
    (filter.action === "" || filter.action === action.ref) &&
    (filter.user === "" || filter.user === context.user)
  );
}

function queryOf(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
  return query;
}
