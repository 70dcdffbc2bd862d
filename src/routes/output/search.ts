import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { SEARCH_MATCHES_MAX, SEARCH_QUERY_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf } from "../../http/named.ts";
import { queryBoolean, queryInteger } from "../../http/query.ts";
import { searchLog } from "../../reading/pages/search.ts";
import { endedOutput } from "./ended.ts";
import { queryPlace, queryTypes, readable } from "./lines.ts";

/**
 * `GET /executions/{id|last}/search`: lines that match, also while the log grows. Each request searches a bounded part of it.
 */
export const search = new Hono<AppEnv>().get("/:id/search", async (c) => {
  const query = c.req.query("q") ?? "";
  if (query === "" || query.length > SEARCH_QUERY_CHARS_MAX) {
    throw new TailraceError(
      "invalid",
      `q is the text to search for, at most ${SEARCH_QUERY_CHARS_MAX} characters.`,
    );
  }
  const limit = queryInteger(c, "limit", SEARCH_MATCHES_MAX);
  if (limit < 1 || limit > SEARCH_MATCHES_MAX) {
    throw new TailraceError("invalid", `limit is a number of matches from 1 to ${SEARCH_MATCHES_MAX}.`);
  }
  const types = queryTypes(c);
  const id = await executionId(c);
  const ended = await endedOutput(c, id);
  const { execution, completed } = ended
    ? { execution: executionOf(c, id), completed: true }
    : await readable(c, id);
  const pageAt = async (place: number) => {
    const query = { types, place };
    return (await ended?.lines(query)) ?? execution.linesPage(query);
  };
  const found = await searchLog(pageAt, completed, {
    query,
    regex: queryBoolean(c, "regex", false),
    match_case: queryBoolean(c, "case", false),
    types,
    place: queryPlace(c) ?? 1,
    limit,
  });
  return c.json(found);
});
