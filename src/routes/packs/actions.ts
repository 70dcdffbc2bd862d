import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Action } from "../../../protocol/model/action.ts";
import { withoutSecretDefaults } from "../../execution/state/mask.ts";
import { answerJson } from "../../http/answer.ts";
import { queryAttributes, selectAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { jsonArray } from "../../http/json-array.ts";
import { readOffered } from "../../http/offered.ts";
import { pageHeaders, queryPage } from "../../http/query.ts";
import { countActions, readActionPages } from "../../index/actions.ts";
import { demand } from "../../rights/permissions.ts";

/** StackStorm's actions, as agents registered them, each with its pool. */
export const actions = new Hono<AppEnv>()
  .get("/", async (c) => {
    demand(c.get("principal"), "action_list");
    const page = queryPage(c);
    const attributes = queryAttributes(c, ["parameters", "notify"]);
    const { pool, pack, name } = c.req.query();
    const filter = { pool: pool || undefined, pack: pack || undefined, name: name || undefined };
    pageHeaders(c, page, await countActions(c.env.INDEX, filter));
    c.header("Content-Type", "application/json");
    const pages = readActionPages(c.env.INDEX, filter, page);
    return c.body(jsonArray(pages, (action) => selectAttributes(shown(action), attributes)));
  })
  .get("/:ref", async (c) => {
    const ref = c.req.param("ref");
    const named = { ref_or_id: ref, pool: c.req.query("pool") || undefined };
    const action = await readOffered(c.env.INDEX, c.get("principal"), "action_view", named);
    if (!action) {
      throw new TailraceError("action_not_found", `Resource with a reference or id "${ref}" not found`);
    }
    return answerJson(c, shown(action));
  });

/** An action in an answer: StackStorm's document has no tasks of a chain. */
function shown({ chain: _, ...action }: Action): Action {
  return { ...action, parameters: withoutSecretDefaults(action.parameters) };
}
