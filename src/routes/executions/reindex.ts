import { Hono } from "hono";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { IndexExecutions, type IndexedExecutions } from "../../../protocol/model/execution.ts";
import { inPortions } from "../../base/portions.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionObject } from "../../objects/execution.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** Objects that write their rows at the same time: each may have a document of a megabyte. */
const OBJECTS_AT_ONCE = 8;

/**
 * `POST /executions/index`: writes the executions of some objects to an index that has lost them. Each object writes its own row, as
 * after a change. It is safe to repeat.
 */
export const reindex = new Hono<AppEnv>().post("/index", async (c) => {
  demandAdmin(c.get("principal"));
  const { objects, anew } = await readJson(c, IndexExecutions, JSON_BODY_BYTES_MAX);
  await audit(c, "execution.index", "", { objects: objects.length });
  const answer: IndexedExecutions = { executions: [], failed: [] };
  await inPortions(objects, OBJECTS_AT_ONCE, async (object) => {
    try {
      const told = await executionObject(c.env, object).tellIndexAgain(anew);
      if (told) answer.executions.push(told);
    } catch (error) {
      answer.failed.push({ object, text: failureText(error) });
    }
  });
  return c.json(answer);
});
