import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { RUNNER_TYPES } from "../../../protocol/model/runners.ts";
import { queryAttributes, selectAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { asNamed, pageHeaders, queryPage } from "../../http/query.ts";

/** StackStorm's runners: a list of all, or of the one with a name; and each by its name or id. */
export const runnerTypes = new Hono<AppEnv>()
  .get("/", (c) => {
    const page = queryPage(c);
    const attributes = queryAttributes(c);
    const all = Object.values(RUNNER_TYPES)
      .filter(asNamed(c, ["id", "name"]))
      .sort((a, b) => a.name.localeCompare(b.name));
    pageHeaders(c, page, all.length);
    const { offset, limit = all.length } = page;
    return c.json(all.slice(offset, offset + limit).map((runner) => selectAttributes(runner, attributes)));
  })
  .get("/:name", (c) => {
    const wanted = c.req.param("name");
    const runner = Object.values(RUNNER_TYPES).find(({ name, id }) => name === wanted || id === wanted);
    if (!runner) throw new TailraceError("not_found", `Resource with a name or id "${wanted}" not found`);
    return c.json(runner);
  });
