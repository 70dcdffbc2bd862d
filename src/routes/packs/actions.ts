import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Action } from "../../../protocol/model/action.ts";
import { withoutSecretDefaults } from "../../execution/state/mask.ts";
import { answerJson } from "../../http/answer.ts";
import { queryAttributes, selectAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { jsonArray } from "../../http/json-array.ts";
import { readOffered } from "../../http/offered.ts";
import { pageHeaders, queryList, queryPage } from "../../http/query.ts";
import { countActions, readActionPages } from "../../index/actions.ts";
import { demand } from "../../rights/permissions.ts";

/** StackStorm's actions, as agents registered them, each with its pool. */
export const actions = new Hono<AppEnv>()
  .get("/", (c) => listActions(c, ["parameters", "notify"], shown))
  .get("/:ref", async (c) => answerJson(c, shown(await namedAction(c, c.req.param("ref")))));

/** The list of actions that a query asks for, each in the form that `show` gives it. */
export async function listActions(
  c: Context<AppEnv>,
  excludable: readonly string[],
  show: (action: Action) => Action,
): Promise<Response> {
  demand(c.get("principal"), "action_list");
  const page = queryPage(c);
  const attributes = queryAttributes(c, excludable);
  const { pool, pack, name } = c.req.query();
  const filter = {
    ids: queryList(c, "id"),
    pool: pool || undefined,
    pack: pack || undefined,
    name: name || undefined,
  };
  pageHeaders(c, page, await countActions(c.env.INDEX, filter));
  c.header("Content-Type", "application/json");
  const pages = readActionPages(c.env.INDEX, filter, page);
  return c.body(jsonArray(pages, (action) => selectAttributes(show(action), attributes, ALWAYS)));
}

/** The attributes that StackStorm includes for each resource of a pack. */
const ALWAYS: readonly string[] = ["id", "ref"];

/** The action that a path names by its reference or id; the principal must have the right to view it. */
export async function namedAction(c: Context<AppEnv>, ref: string): Promise<Action> {
  const named = { ref_or_id: ref, pool: c.req.query("pool") || undefined };
  const action = await readOffered(c.env.INDEX, c.get("principal"), "action_view", named);
  if (action) return action;
  throw new TailraceError("action_not_found", `Resource with a reference or id "${ref}" not found`);
}

/** An action in an answer: StackStorm's document has no tasks of a chain. */
export function shown({ chain: _, ...action }: Action): Action {
  return { ...action, parameters: withoutSecretDefaults(action.parameters) };
}
