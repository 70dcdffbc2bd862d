import { type Context, Hono } from "hono";
import { PAGE_EXECUTIONS_MAX } from "../../../protocol/base/limits.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { mayView } from "../../../protocol/model/permissions.ts";
import { queryAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { jsonArray } from "../../http/json-array.ts";
import { pageHeaders, queryInteger, queryList, queryPage } from "../../http/query.ts";
import { countRows, PAGE_ROWS, readPages } from "../../index/execution-list.ts";
import { DEPTH_MAX, descendantIds, distinctValues, readByIds } from "../../index/executions.ts";
import { type Visible, visibleTerms, visibleTo } from "../../index/visible.ts";
import { demand, rightsOf } from "../../rights/permissions.ts";
import { access, auditSecrets, showsSecrets } from "./access.ts";
import { documents, type Shown } from "./documents.ts";
import { readSelection } from "./filter.ts";

/** The attributes that a query may exclude: StackStorm needs the others to mask the document. */
export const EXCLUDABLE = ["result", "trigger_instance", "status"];

/**
 * Lists of executions: all that match, the descendants of one, and the values for filters. Each has only the executions that
 * the user may view.
 */
export const list = new Hono<AppEnv>()
  .get("/", async (c) => {
    demand(c.get("principal"), "execution_list");
    const page = queryPage(c);
    const asked = readSelection(c.req.query());
    const selection = { ...asked, terms: [...asked.terms, ...visibleTerms(await viewable(c))] };
    const is_one_page = page.limit !== undefined && page.limit <= PAGE_EXECUTIONS_MAX;
    const shown = readShown(c, is_one_page);
    if (shown.show_secrets) await auditSecrets(c, "executions");
    const total = await countRows(c.env.INDEX, selection);
    pageHeaders(c, page, total);
    return answer(c, readPages(c.env.INDEX, selection, { ...page, total }), shown);
  })
  .get("/views/filters", async (c) => {
    demand(c.get("principal"), "execution_list");
    const types = queryList(c, "types");
    const visible = await viewable(c);
    const filters: Record<string, string[]> = {};
    for (const name of COLUMN_FILTERS) {
      if (types && !types.includes(name)) continue;
      filters[name] = await distinctValues(c.env.INDEX, name, visible);
    }
    for (const name of EMPTY_FILTERS) if (!types || types.includes(name)) filters[name] = [];
    return c.json(filters);
  })
  .get("/:id/children", async (c) => {
    const { id } = await access(c, "execution_view");
    const depth = queryInteger(c, "depth", -1);
    const ids = await descendantIds(c.env.INDEX, id, depth === -1 ? DEPTH_MAX : depth);
    const shown = readShown(c, ids.length <= PAGE_EXECUTIONS_MAX);
    return answer(c, viewed(c, readByIds(c.env.INDEX, ids, PAGE_ROWS)), shown);
  });

const COLUMN_FILTERS = ["action", "status", "runner", "user"] as const;
const EMPTY_FILTERS = ["rule", "trigger", "trigger_type"];

function viewable(c: Context<AppEnv>): Promise<Visible | undefined> {
  return visibleTo(c.env.INDEX, rightsOf(c.get("principal")));
}

async function* viewed(
  c: Context<AppEnv>,
  pages: AsyncIterable<Execution[]>,
): AsyncGenerator<Execution[], void, void> {
  const rights = rightsOf(c.get("principal"));
  for await (const page of pages) yield page.filter((execution) => mayView(rights, execution));
}

function readShown(c: Context<AppEnv>, results: boolean): Shown {
  return { attributes: queryAttributes(c, EXCLUDABLE), show_secrets: results && showsSecrets(c), results };
}

function answer(c: Context<AppEnv>, pages: AsyncGenerator<Execution[], void, void>, shown: Shown): Response {
  c.header("Content-Type", "application/json");
  return c.body(jsonArray(documents(c.env, pages, shown)));
}
