import { Hono } from "hono";
import type { AppEnv } from "../http/context.ts";
import { create } from "./executions/create.ts";
import { list } from "./executions/list.ts";
import { read } from "./executions/read.ts";
import { redact } from "./executions/redact.ts";
import { update } from "./executions/update.ts";

/** StackStorm's executions: create and run again, list, read, update and cancel. Their output has routes of its own. */
export const executions = new Hono<AppEnv>()
  .route("/", create)
  .route("/", list)
  .route("/", read)
  .route("/", redact)
  .route("/", update);
