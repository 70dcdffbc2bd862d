import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { JSON_BODY_BYTES_MAX } from "../../protocol/base/limits.ts";
import { issueText } from "../../protocol/wire/batch.ts";

/** The JSON body of a request, checked. Throws `too_large` beyond `JSON_BODY_BYTES_MAX`, and `invalid`. */
export async function readBody<const S extends v.GenericSchema>(
  request: IncomingMessage,
  schema: S,
): Promise<v.InferOutput<S>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= JSON_BODY_BYTES_MAX) parts.push(part);
  }
  // Thrown only now: some clients read no answer before they have written everything.
  if (bytes > JSON_BODY_BYTES_MAX) {
    throw new TailraceError("too_large", `A body has at most ${JSON_BODY_BYTES_MAX} bytes.`);
  }
  const parsed = v.safeParse(schema, readJson(Buffer.concat(parts).toString("utf8")));
  if (!parsed.success) throw new TailraceError("invalid", issueText(parsed.issues[0]));
  return parsed.output;
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new TailraceError("invalid", "The body is not JSON.");
  }
}
