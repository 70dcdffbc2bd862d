import { createParser } from "eventsource-parser";
import { parseJson } from "../json.ts";
import { silenceMs } from "../keepalive.ts";
import { type FollowRecord, readRecord } from "../record.ts";
import { chunkOfOutputEvent, OUTPUT_EVENT, type OutputEvent } from "../sse.ts";
import { type FollowRequest, followQuery } from "./follow.ts";
import { type Connection, open, segment } from "./request.ts";
import { textOf } from "./text.ts";

/** One connection's records, read from a server-sent event stream. */
export async function* readSse(
  to: Connection,
  id: string,
  request: FollowRequest,
): AsyncGenerator<FollowRecord> {
  const response = await open(to, `/api/v1/executions/${segment(id)}/output?${followQuery(request)}`, {
    signal: request.signal,
    headers: { accept: "text/event-stream" },
  });
  const records: FollowRecord[] = [];
  const parser = createParser({
    maxBufferSize: Number.POSITIVE_INFINITY,
    onEvent: ({ id: seq, event, data }) => {
      if (event === OUTPUT_EVENT)
        records.push(chunkOfOutputEvent(Number(seq), parseJson(data) as OutputEvent));
      else if (event === "tailrace") {
        const record = readRecord(data);
        if (record) records.push(record);
      }
    },
  });
  for await (const text of textOf(response, silenceMs(response))) {
    parser.feed(text);
    yield* records.splice(0);
  }
}
