import { RECORD_CHARS_MAX } from "../base/limits.ts";
import { silenceMs } from "../wire/keepalive.ts";
import { LineSplitter } from "../wire/ndjson.ts";
import { type FollowRecord, readRecord } from "../wire/record.ts";
import { type FollowRequest, followQuery } from "./follow-request.ts";
import { type Connection, open, segment } from "./request.ts";
import { textOf } from "./text.ts";

/** One connection's records, read from an NDJSON response. */
export async function* readNdjson(
  to: Connection,
  id: string,
  request: FollowRequest,
): AsyncGenerator<FollowRecord> {
  const query = followQuery(request);
  query.set("format", "ndjson");
  const path = `/api/v1/executions/${segment(id)}/output?${query}`;
  const response = await open(to, path, { signal: request.signal });
  const splitter = new LineSplitter(RECORD_CHARS_MAX);
  for await (const text of textOf(response, silenceMs(response))) {
    for (const line of splitter.push(text)) {
      const record = line === "" ? undefined : readRecord(line);
      if (record) yield record;
    }
  }
}
