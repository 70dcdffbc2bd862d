import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { SEARCH_MATCHES_MAX, SEARCH_QUERY_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf } from "../../http/named.ts";
import { queryBoolean, queryInteger } from "../../http/query.ts";
import type { LinesPage, LinesQuery } from "../../objects/log.ts";
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
  if (limit < 0 || limit > SEARCH_MATCHES_MAX) {
    throw new TailraceError("invalid", `limit is a number of matches from 0 to ${SEARCH_MATCHES_MAX}.`);
  }
  const from_seq = queryInteger(c, "from_seq", 0);
  if (from_seq < 0) throw new TailraceError("invalid", "from_seq is the number of a chunk, 1 or more.");
  const types = queryTypes(c);
  const id = await executionId(c);
  const ended = await endedOutput(c, id);
  const { execution, completed } = ended
    ? { execution: executionOf(c, id), completed: true }
    : await readable(c, id);
  const read = async (query: LinesQuery) => (await ended?.lines(query)) ?? execution.linesPage(query);
  const place = queryPlace(c) ?? 1;
  const found = await searchLog((seq) => read({ types, seq, every: true }), completed, {
    query,
    regex: queryBoolean(c, "regex", false),
    match_case: queryBoolean(c, "case", false),
    types,
    place,
    from_seq: from_seq || (await seqBefore(read, types, place)),
    limit,
  });
  return c.json(found);
});

/** The chunk from which to read for the lines from a place on. */
async function seqBefore(
  read: (query: LinesQuery) => Promise<LinesPage>,
  types: OutputType[],
  place: number,
): Promise<number> {
  if (place === 1) return 1;
  const { batches } = await read({ types, place });
  return batches[0]?.first_seq ?? 1;
}
