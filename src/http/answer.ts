import type { Context } from "hono";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { AppEnv } from "./context.ts";

/** A JSON answer that holds users' values, with each number in the digits that it came in. */
export function answerJson(c: Context<AppEnv>, value: unknown, status: 200 | 201 = 200): Response {
  return c.body(writeExact(value), status, { "content-type": "application/json" });
}
