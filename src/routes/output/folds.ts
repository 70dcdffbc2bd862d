import { Hono } from "hono";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf } from "../../http/named.ts";
import { readFolds } from "../../reading/pages/folds.ts";
import { endedOutput } from "./ended.ts";
import { queryPlace, queryTypes, readable } from "./lines.ts";

/**
 * `GET /executions/{id|last}/output/folds`: the marks of groups and of repeated lines. Each request reads a bounded part of the output.
 */
export const folds = new Hono<AppEnv>().get("/:id/output/folds", async (c) => {
  const types = queryTypes(c);
  const place = queryPlace(c) ?? 1;
  const id = await executionId(c);
  const ended = await endedOutput(c, id);
  const { execution } = ended ? { execution: executionOf(c, id) } : await readable(c, id);
  const pageAt = async (place: number) => {
    const query = { types, place };
    return (await ended?.lines(query)) ?? execution.linesPage(query);
  };
  return c.json(await readFolds(pageAt, { place, types }));
});
