import { Hono } from "hono";
import { TailraceError } from "../../../../protocol/base/errors.ts";
import { canonicalPath } from "../../../../src/base/paths.ts";
import { readFollowOptions } from "../../../../src/execution/log/follow-options.ts";
import type { AppEnv } from "../../../../src/http/context.ts";
import { queryBoolean, queryInteger, queryList, queryPage } from "../../../../src/http/query.ts";
import { readTimestamp } from "../../../../src/http/timestamp.ts";
import { concerns, readStreamQuery } from "../../../../src/reading/stream/query.ts";
import type { Principal } from "../../../../src/rights/principal.ts";
import { readSelection } from "../../../../src/routes/executions/filter.ts";
import { must, type Target } from "../../target.ts";

/** Queries of lists, outputs and streams: filters, cursors, pages, times and names of events. */
export const target: Target = {
  covers: [
    "http/query.ts",
    "executions/filter.ts",
    "executions/timestamp.ts",
    "stream/query.ts",
    "log/follow-options.ts",
    "src/base/paths.ts",
    "protocol/base/pattern.ts",
  ],
  chars_max: 4_096,
  words: [
    "limit=",
    "offset=",
    "after=",
    "tail=",
    "follow=",
    "events=",
    "st2.execution__*",
    "[!a]",
    "%5B",
    "sort=-id",
    "filter=action.ref:",
    "timestamp=",
    "..",
    "2026-11-24T12:00:00.123456Z",
    "+01:00",
    "parent=null",
    "id=",
    "6742f0c0012c0123456789ab",
    "end_execution_id=",
    "action_refs=",
    "&",
    "status=failed",
    "1e5",
    "-1",
    "0x10",
  ],
  seeds: [
    "limit=10&offset=5&sort=-start_timestamp&status=failed&action=core.local",
    "after=7&tail=10&follow=false&output_type=stdout&format=ndjson",
    "timestamp=2026-11-24..2026-11-25T01:02:03.5%2B01:00&filter=action.ref:core.local%20user:a",
    "timestamp_gt=2026-11-24T12:00&timestamp_lt=2026-11-25 12:00 0100&sort_desc=True",
    "events=st2.execution__*,st2.[!l]*n__?pdate&action_refs=core.local&end_execution_id=6742f0c0012c0123456789ab",
    "id=6742f0c0012c0123456789ab,6742f0c0012c0123456789ac&parent=null&rule=x&trigger=null",
  ],
  run: async (input) => {
    const query = new URLSearchParams(input);
    const named = Object.fromEntries(query);
    const { terms } = attempted(() => readSelection(named)) ?? { terms: [] };
    // A user's text is bound to a statement, and never part of it.
    must(
      terms.every(
        ({ sql, values }) => /^[a-z_ =<>?().0]+$/i.test(sql) && sql.split("?").length - 1 === values.length,
      ),
      "a term is bound",
    );
    const moment = attempted(() => readTimestamp(named.timestamp ?? input));
    must(
      moment === undefined || /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(moment),
      "a moment is in its one form",
    );
    const asked = attempted(() => readStreamQuery(named, true));
    if (asked) {
      asked.wants(input.slice(0, 100));
      concerns(asked, new Set(), { id: "6742f0c0012c0123456789ab", action: { ref: "core.local" } });
    }
    readFollowOptions(query);
    must(canonicalPath(canonicalPath(`/${input}`)) !== "", "a path leads on");
    const answer = await APP.request(`http://a/?${query}`);
    must(answer.status < 500, "a query is read or refused");
  },
};

/** The result; undefined if it is refused. */
function attempted<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof TailraceError && error.status < 500) return undefined;
    throw error;
  }
}

const APP = new Hono<AppEnv>().get("/", (c) => {
  c.set("principal", { ...PRINCIPAL, role: c.req.query("role") === "admin" ? "admin" : "user" });
  const read = attempted(() => ({
    after: queryInteger(c, "after", 0),
    tail: queryInteger(c, "tail", 0),
    follow: queryBoolean(c, "follow", true),
    types: queryList(c, "type"),
    page: queryPage(c),
  }));
  if (read) must(Number.isSafeInteger(read.after) && read.page.offset >= 0, "a number is whole");
  return c.json(read ?? null, read ? 200 : 400);
});

const PRINCIPAL: Principal = {
  ...{ user: "u", role: "user", pool: null, roles: [], grants: [], method: "API key", carrier: "header" },
  ...{ credential: "key-1", expires_ms: null, read_ms: 0 },
};
