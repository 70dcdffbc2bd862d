import { RECORD_CHARS_MAX } from "../base/limits.ts";
import { silenceMs } from "../wire/keepalive.ts";
import { type FollowRecord, readRecord } from "../wire/record.ts";
import { type FollowRequest, followQuery, tryMsMax } from "./follow-request.ts";
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
  const response = await open(
    to,
    `/api/v1/executions/${segment(id)}/output?${query}`,
    {
      signal: request.signal,
    },
    tryMsMax(request),
  );
  let rest = "";
  for await (const text of textOf(response, silenceMs(response))) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // An empty line keeps the connection.
      const record = line === "" ? undefined : readRecord(line);
      if (record) yield record;
    }
    if (rest.length > RECORD_CHARS_MAX)
      throw new Error(`a line has more than ${RECORD_CHARS_MAX} characters`);
  }
}
