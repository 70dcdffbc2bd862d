import { Hono } from "hono";
import type { AppEnv } from "../../http/context.ts";
import { create } from "./create.ts";
import { list } from "./list.ts";
import { read } from "./read.ts";
import { redact } from "./redact.ts";
import { reindex } from "./reindex.ts";
import { update } from "./update.ts";

/** StackStorm's executions: create and run again, list, read, update and cancel. Their output has routes of its own. */
export const executions = new Hono<AppEnv>()
  .route("/", create)
  .route("/", list)
  .route("/", read)
  .route("/", redact)
  .route("/", reindex)
  .route("/", update);
