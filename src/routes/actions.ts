import { Hono } from "hono";
import type { Action } from "../../protocol/action.ts";
import { TailraceError } from "../../protocol/errors.ts";
import { PAGE_EXECUTIONS_MAX } from "../../protocol/limits.ts";
import { RUNNER_TYPES } from "../../protocol/runners.ts";
import { withoutSecretDefaults } from "../execution/mask.ts";
import { listActions, readAction } from "../index/actions.ts";
import { listPacks } from "../index/packs.ts";
import { type AppEnv, queryPage } from "./context.ts";

/** StackStorm's actions, as the agents registered them. */
export const actions = new Hono<AppEnv>()
  .get("/", async (c) => {
    const { limit, offset } = queryPage(c, PAGE_EXECUTIONS_MAX);
    const { actions, total } = await listActions(c.env.INDEX, {
      pack: c.req.query("pack") || undefined,
      limit,
      offset,
    });
    c.header("X-Total-Count", String(total));
    c.header("X-Limit", String(limit));
    return c.json(actions.map(shown));
  })
  .get("/:ref", async (c) => {
    const ref = c.req.param("ref");
    const action = await readAction(c.env.INDEX, ref);
    if (!action) {
      throw new TailraceError("action_not_found", `Resource with a reference or id "${ref}" not found`);
    }
    return c.json(shown(action));
  });

/** An action as anybody may see it. */
function shown(action: Action): Action {
  return { ...action, parameters: withoutSecretDefaults(action.parameters) };
}

/** StackStorm's packs, as the agents registered them. */
export const packs = new Hono<AppEnv>().get("/", async (c) => c.json(await listPacks(c.env.INDEX)));

/** StackStorm's runners: all, or the one of a name. */
export const runnerTypes = new Hono<AppEnv>().get("/", (c) => {
  const name = c.req.query("name");
  const runners = Object.values(RUNNER_TYPES).filter((runner) => name === undefined || runner.name === name);
  c.header("X-Total-Count", String(runners.length));
  return c.json(runners);
});
