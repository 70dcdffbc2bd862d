import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import { PAGE_EXECUTIONS_MAX } from "../../protocol/base/limits.ts";
import type { AppEnv } from "./context.ts";

/**
 * A whole number of a query, or its default; `invalid` with StackStorm's text for anything else. One with more digits than a
 * number has becomes the largest or the smallest: no bound is beyond these.
 */
export function queryInteger(c: Context<AppEnv>, name: string, fallback: number): number {
  const text = c.req.query(name);
  if (text === undefined || text === "") return fallback;
  if (!/^-?\d+$/.test(text)) throw new TailraceError("invalid", `Parameter "${name}" is not of type integer`);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number(text), Number.MAX_SAFE_INTEGER));
}

/** A boolean of a query, in StackStorm's notations. */
export function queryBoolean(c: Context<AppEnv>, name: string, fallback: boolean): boolean {
  const text = c.req.query(name)?.toLowerCase();
  if (text === undefined || text === "") return fallback;
  if (["true", "1", "yes", "y"].includes(text)) return true;
  if (["false", "0", "no", "n"].includes(text)) return false;
  throw new TailraceError("invalid", `Parameter "${name}" is not of type boolean`);
}

/** The values of a query parameter that commas separate; undefined without any. */
export function queryList(c: Context<AppEnv>, name: string): string[] | undefined {
  const values = (c.req.query(name) ?? "").split(",").filter((value) => value !== "");
  return values.length === 0 ? undefined : values;
}

/** Whether a row has the values that a query names for these of its attributes. */
export function asNamed<K extends string>(
  c: Context<AppEnv>,
  names: readonly K[],
): (row: Record<K, string>) => boolean {
  const wanted = names.flatMap((name) => {
    const value = c.req.query(name);
    return value ? [{ name, value }] : [];
  });
  return (row) => wanted.every(({ name, value }) => row[name] === value);
}

/**
 * The requested page of a list: rows to skip, and rows of the answer. Without a limit, the answer has all remaining rows.
 */
export interface Page {
  limit: number | undefined;
  offset: number;
}

/** A list's page within StackStorm's bounds: only an administrator gets more than a page at once, or all with -1. */
export function queryPage(c: Context<AppEnv>, limit_default = PAGE_EXECUTIONS_MAX): Page {
  const limit = queryInteger(c, "limit", limit_default);
  const offset = queryInteger(c, "offset", 0);
  // Errors repeat the digits as they were given.
  const { limit: limit_text = "", offset: offset_text = "" } = c.req.query();
  const is_admin = c.get("principal").role === "admin";
  if (limit === 0) {
    throw new TailraceError(
      "invalid",
      'Limit, "0" specified, must be a positive number or -1 for full result set.',
    );
  }
  if (limit < -1)
    throw new TailraceError("invalid", `Limit, "${limit_text}" specified, must be a positive number.`);
  if (limit === -1 && !is_admin) {
    throw new TailraceError(
      "forbidden",
      "Administrator access required to be able to specify limit=-1 and retrieve all the records",
    );
  }
  if (limit > limit_default && !is_admin)
    throw new TailraceError(
      "forbidden",
      `Limit "${limit_text}" specified, maximum value is "${limit_default}"`,
    );
  if (offset < 0)
    throw new TailraceError("invalid", `Offset "${offset_text}" specified, must be zero or more.`);
  if (offset >= OFFSET_MAX)
    throw new TailraceError("invalid", `Offset "${offset_text}" specified is more than 32-bit int`);
  return { limit: limit === -1 ? undefined : limit, offset };
}

const OFFSET_MAX = 2 ** 31;

/** Sets the headers of a list: how many rows match in all, and the limit if there is one. */
export function pageHeaders(c: Context<AppEnv>, { limit }: Page, total: number): void {
  c.header("X-Total-Count", String(total));
  if (limit !== undefined) c.header("X-Limit", String(limit));
}
