import { Hono } from "hono";
import type { Action } from "../../../protocol/model/action.ts";
import { mergedParameters } from "../../../protocol/model/merged-parameters.ts";
import { isHere } from "../../../protocol/model/missing-runners.ts";
import { RUNNER_TYPES } from "../../../protocol/model/runners.ts";
import { answerJson } from "../../http/answer.ts";
import type { AppEnv } from "../../http/context.ts";
import { listActions, namedAction, shown } from "./actions.ts";

/** StackStorm's views of actions: what its web page makes the form of a run from. */
export const actionViews = new Hono<AppEnv>()
  .get("/views/parameters/:ref", async (c) => {
    const { parameters } = overview(await namedAction(c, c.req.param("ref")));
    return answerJson(c, { parameters });
  })
  .get("/views/overview", (c) => listActions(c, NONE_EXCLUDABLE, overview))
  .get("/views/overview/:ref", async (c) =>
    answerJson(c, overview(await namedAction(c, c.req.param("ref")))),
  );

/** StackStorm lets no attribute of a view be left out. */
const NONE_EXCLUDABLE: readonly string[] = [];

/** An action with the parameters of its runner beside its own. */
function overview(action: Action): Action {
  const { runner_type } = action;
  const runner = isHere(runner_type) ? RUNNER_TYPES[runner_type] : undefined;
  return shown({ ...action, parameters: mergedParameters(action, runner) });
}
