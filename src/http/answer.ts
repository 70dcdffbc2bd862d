import type { Context } from "hono";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { AppEnv } from "./context.ts";

/** A JSON answer with users' values: each number keeps the digits in which it came. */
export function answerJson(c: Context<AppEnv>, value: unknown, status: 200 | 201 = 200): Response {
  return c.body(writeExact(value), status, { "content-type": "application/json" });
}
