import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { writeExact } from "../../../protocol/base/numbers.ts";
import { answerJson } from "../../http/answer.ts";
import { queryAttributes, selectAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { queryBoolean, queryInteger } from "../../http/query.ts";
import { access } from "./access.ts";
import { EXCLUDABLE } from "./list.ts";

/** One execution, or a part of it. */
export const read = new Hono<AppEnv>()
  .get("/:id", async (c) => {
    const attributes = queryAttributes(c, EXCLUDABLE);
    const result_bytes_max = queryResultSize(c);
    const { execution, object } = await access(c, "execution_view");
    const { status } = execution;
    const waiting = status === "requested" || status === "scheduled" ? await object.waiting() : undefined;
    if (waiting) execution.waiting = waiting;
    if ((execution.result_size ?? 0) > result_bytes_max) delete execution.result;
    return answerJson(c, selectAttributes(execution, attributes));
  })
  .get("/:id/attribute/:attribute", async (c) => {
    const attribute = c.req.param("attribute");
    if (!EXCLUDABLE.includes(attribute)) {
      throw new TailraceError(
        "invalid",
        `Invalid attribute "${attribute}" specified. Valid attributes are: ${EXCLUDABLE.join(", ")}`,
      );
    }
    const { execution } = await access(c, "execution_view");
    return answerJson(c, { ...execution }[attribute] ?? {});
  })
  .get("/:id/result", async (c) => {
    const { id, execution } = await access(c, "execution_view");
    const indent = queryBoolean(c, "pretty_format", false) ? 2 : undefined;
    const text = writeExact(execution.result ?? {}, indent);
    const is_compressed = queryBoolean(c, "compress", false);
    const headers = new Headers({ "content-type": is_compressed ? "application/x-gzip" : "text/json" });
    if (queryBoolean(c, "download", false)) {
      const name = `execution_${id}_result.json${is_compressed ? ".gz" : ""}`;
      headers.set("content-disposition", `attachment; filename=${name}`);
    }
    if (!is_compressed) return new Response(text, { headers });
    headers.set("content-encoding", "gzip");
    const body = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    // The runtime would compress an answer with this header a second time.
    return new Response(body, { headers, encodeBody: "manual" });
  });

const RESULT_BYTES_MAX = 14 * 1024 * 1024;

/** Bytes of the largest result that is part of the answer. */
function queryResultSize(c: Context<AppEnv>): number {
  const bytes_max = queryInteger(c, "max_result_size", 0);
  if (bytes_max === 0) return Number.POSITIVE_INFINITY;
  if (bytes_max < 0) throw new TailraceError("invalid", "max_result_size must be a positive number");
  if (bytes_max <= RESULT_BYTES_MAX) return bytes_max;
  throw new TailraceError("invalid", "max_result_size query parameter must be smaller than 14 MB");
}
