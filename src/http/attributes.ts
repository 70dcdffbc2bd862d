import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "./context.ts";
import { queryList } from "./query.ts";

/** The attributes of a document that an answer carries; without a list, all of them. */
export interface Attributes {
  /** The first segments of the requested names. */
  include: string[] | undefined;
  exclude: string[] | undefined;
}

/**
 * `include_attributes` or `exclude_attributes` of a query. Without the list `excludable`, any attribute may be excluded.
 */
export function queryAttributes(c: Context<AppEnv>, excludable?: readonly string[]): Attributes {
  const include = queryList(c, "include_attributes");
  const exclude = queryList(c, "exclude_attributes");
  if (include && exclude) {
    throw new TailraceError(
      "invalid",
      "exclude_fields and include_fields arguments are mutually exclusive. You need to provide either one or another, but not both.",
    );
  }
  const refused = exclude?.find((name) => excludable && !excludable.includes(name));
  if (refused !== undefined) {
    throw new TailraceError("invalid", `Invalid or unsupported exclude attribute specified: ${refused}`);
  }
  return { include: include?.map((name) => name.split(".")[0] ?? name), exclude };
}

/** Whether an attribute is in the answer. */
export function wants({ include, exclude }: Attributes, name: string): boolean {
  return include ? include.includes(name) : !exclude?.includes(name);
}

/** The requested attributes of a document, and those that are always included. */
export function selectAttributes<T extends object>(
  document: T,
  attributes: Attributes,
  always: readonly string[] = ["id"],
): Partial<T> {
  if (!attributes.include && !attributes.exclude) return document;
  const entries = Object.entries(document).filter(
    ([name]) => always.includes(name) || wants(attributes, name),
  );
  return Object.fromEntries(entries) as Partial<T>;
}
