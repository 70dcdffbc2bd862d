import type { Execution } from "../../../protocol/model/execution.ts";
import { chunkTimeMs } from "../../base/time.ts";
import { href } from "../../server/paths.ts";

/** Rows of one page. */
export const PAGE_ROWS = 50;

/** The time ranges that end now, and their milliseconds. */
export const RANGES = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 };

/** The filter of a list, as the address has it. Action and user are parts of names, in any case of letters. */
export interface Filter {
  status: string;
  action: string;
  user: string;
  /** One of `RANGES`; then `from` and `to` are empty. */
  since: string;
  /** The first and the last moment of a start, as `2026-11-24T12:00:00.000Z`. */
  from: string;
  to: string;
  /** Executions to skip: the pages before this one. */
  offset: number;
}

/** The filter that every execution matches. */
export const NO_FILTER: Filter = { status: "", action: "", user: "", since: "", from: "", to: "", offset: 0 };

/** The filter that the address has. */
export function readFilter(): Filter {
  const query = new URLSearchParams(location.search);
  const text = (name: string) => query.get(name) ?? "";
  return {
    status: text("status"),
    action: text("action"),
    user: text("user"),
    since: text("since"),
    from: text("from"),
    to: text("to"),
    offset: Number(text("offset")) || 0,
  };
}

/** The address that has a filter. */
export function addressOf(filter: Filter): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
  return href(query.size > 0 ? `/?${query}` : "/");
}

export function isFiltered({ offset: _, ...filters }: Filter): boolean {
  return Object.values(filters).some((value) => value !== "");
}

/** The API query for a page: children are shown with their parents, and results are not in the index. */
export function pageQuery(filter: Filter, now_ms: number): URLSearchParams {
  const { status, action, user, offset } = filter;
  const { from_ms, to_ms } = rangeOf(filter, now_ms);
  const wanted = {
    status,
    action_contains: action,
    user_contains: user,
    timestamp_gt: from_ms === undefined ? "" : new Date(from_ms).toISOString(),
    timestamp_lt: to_ms === undefined ? "" : new Date(to_ms).toISOString(),
    offset: offset === 0 ? "" : String(offset),
    sort_desc: "true",
    exclude_attributes: "result",
    parent: "null",
    limit: String(PAGE_ROWS),
  };
  return new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ""));
}

/** Whether an execution matches a filter, on any page. */
export function matches(
  { status, action, context, parent, start_timestamp }: Execution,
  filter: Filter,
  now_ms: number,
): boolean {
  const { from_ms, to_ms } = rangeOf(filter, now_ms);
  const start_ms = chunkTimeMs(start_timestamp);
  return (
    parent === undefined &&
    (filter.status === "" || filter.status === status) &&
    has(action.ref, filter.action) &&
    has(String(context.user ?? ""), filter.user) &&
    (from_ms === undefined || start_ms > from_ms) &&
    (to_ms === undefined || start_ms < to_ms)
  );
}

function has(name: string, part: string): boolean {
  return name.toLowerCase().includes(part.toLowerCase());
}

function rangeOf({ since, from, to }: Filter, now_ms: number): { from_ms?: number; to_ms?: number } {
  const range = Object.entries(RANGES).find(([name]) => name === since);
  if (range) return { from_ms: now_ms - range[1] };
  const [from_ms, to_ms] = [Date.parse(from), Date.parse(to)];
  return {
    ...(Number.isNaN(from_ms) ? {} : { from_ms }),
    ...(Number.isNaN(to_ms) ? {} : { to_ms }),
  };
}
