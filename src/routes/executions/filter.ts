import { TailraceError } from "../../../protocol/base/errors.ts";
import { readTimestamp } from "../../http/timestamp.ts";
import { NO_PARENT, type Selection, SORT_COLUMNS, type SortColumn } from "../../index/execution-list.ts";
import type { Term } from "../../index/term.ts";

/** Filters that compare one column, by StackStorm's names and by the document's paths that `filter=` takes. */
const COLUMNS: Record<string, SortColumn | "parent" | "pool"> = {
  action: "action",
  "action.ref": "action",
  status: "status",
  parent: "parent",
  user: "user",
  "context.user": "user",
  runner: "runner",
  "runner.name": "runner",
  pool: "pool",
  liveaction: "liveaction",
  "liveaction.id": "liveaction",
  timestamp: "start_timestamp",
  start_timestamp: "start_timestamp",
  id: "id",
};

/** Filters by fields that no execution here has: only `null` matches. */
const NEVER_SET = ["rule", "trigger", "trigger_type", "trigger_instance"];

const IDS_MAX = 100;

/** Characters of a text that names contain. */
const CONTAINS_CHARS_MAX = 200;

/** The executions that a list's query selects, and their order, by StackStorm's rules. An empty value is ignored. */
export function readSelection(query: Record<string, string>): Selection {
  const wanted = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
  const range = wanted.timestamp?.includes("..") ? readRange(wanted.timestamp) : undefined;
  const terms = [
    ...idTerms(wanted.id),
    ...["action", "status", "parent", "user", "runner", "pool", "liveaction"].flatMap((name) =>
      wanted[name] === undefined ? [] : [equals(name, wanted[name])],
    ),
    ...contains("action", wanted.action_contains),
    ...contains("user", wanted.user_contains),
    ...NEVER_SET.flatMap((name) => (wanted[name] === undefined || wanted[name] === "null" ? [] : [NOTHING])),
    ...(range ? range.terms : wanted.timestamp ? [equals("timestamp", readTimestamp(wanted.timestamp))] : []),
    ...bound(">", wanted.timestamp_gt),
    ...bound("<", wanted.timestamp_lt),
    ...advancedTerms(wanted.filter),
  ];
  return { terms, ...(range ? range.order : readOrder(wanted)) };
}

type Order = Pick<Selection, "column" | "descending">;

/** The first known key of `sort`. Without one the newest come first, unless the query asks for executions after a moment. */
function readOrder({
  sort = "",
  sort_asc,
  sort_desc,
  timestamp_gt,
  timestamp_lt,
}: Record<string, string>): Order {
  for (const key of sort.split(",")) {
    const column = COLUMNS[key.replace(/^[-+]/, "")];
    const sortable = SORT_COLUMNS.find((one) => one === column);
    if (sortable) return { column: sortable, descending: key.startsWith("-") };
  }
  const newest_first = timestamp_lt !== undefined || sort_desc !== undefined;
  const oldest_first = timestamp_gt !== undefined || sort_asc !== undefined;
  return { column: "start_timestamp", descending: newest_first || !oldest_first };
}

/** `A..B`: from A to B, in that direction. */
function readRange(text: string): { terms: Term[]; order: Order } {
  const [from = "", to = ""] = text.split("..");
  const [a, b] = [readTimestamp(from), readTimestamp(to)];
  const descending = a >= b;
  return {
    terms: [
      { sql: "start_timestamp >= ?", values: [descending ? b : a] },
      { sql: "start_timestamp <= ?", values: [descending ? a : b] },
    ],
    order: { column: "start_timestamp", descending },
  };
}

function bound(compare: "<" | ">", text: string | undefined): Term[] {
  if (text === undefined) return [];
  return [{ sql: `start_timestamp ${compare} ?`, values: [readTimestamp(text)] }];
}

function idTerms(text: string | undefined): Term[] {
  const ids = text?.split(",").filter((id) => id !== "");
  if (ids === undefined) return [];
  if (ids.length > IDS_MAX) throw new TailraceError("invalid", `A request may name at most ${IDS_MAX} ids.`);
  const foreign = ids.find((id) => !/^[0-9a-f]{24}$/i.test(id));
  if (foreign !== undefined) {
    throw new TailraceError(
      "invalid",
      `'${foreign}' is not a valid ObjectId, it must be a 12-byte input or a 24-character hex string`,
    );
  }
  const sql = "id IN (SELECT value FROM json_each(?))";
  return [{ sql, values: [JSON.stringify(ids.map((id) => id.toLowerCase()))], is_name: true }];
}

/** `filter=field:value field:value`: the fields that have a column in the index. */
function advancedTerms(text: string | undefined): Term[] {
  if (text === undefined) return [];
  return text.split(" ").map((token) => {
    const at = token.indexOf(":");
    if (at === -1) throw new TailraceError("invalid", `invalid format for filter "${token}"`);
    const field = token.slice(0, at);
    if (!Object.hasOwn(COLUMNS, field)) throw new TailraceError("invalid", `Cannot resolve field "${field}"`);
    return equals(field, token.slice(at + 1));
  });
}

/** The values of a column that contain a text, in any case of the letters A to Z: SQLite knows no other cases. */
function contains(column: "action" | "user", text: string | undefined): Term[] {
  if (text === undefined) return [];
  if (text.length > CONTAINS_CHARS_MAX)
    throw new TailraceError(
      "invalid",
      `${column}_contains is a text of at most ${CONTAINS_CHARS_MAX} characters.`,
    );
  const sql = `instr(lower(${column}), lower(?)) > 0`;
  return [{ sql, values: [text], counts_sql: sql }];
}

function equals(name: string, value: string): Term {
  const column = COLUMNS[name] ?? "id";
  if (column === "parent" && value === "null")
    return { sql: NO_PARENT, values: [], counts_sql: "is_child = 0" };
  const sql = `${column} = ?`;
  if (COUNTED.includes(column)) return { sql, values: [value], counts_sql: sql };
  return { sql, values: [value], ...(column === "start_timestamp" ? {} : { is_name: true }) };
}

/** The columns by which the index keeps counts. */
const COUNTED = ["action", "status", "user", "runner", "pool"];

const NOTHING: Term = { sql: "0", values: [], counts_sql: "0" };
