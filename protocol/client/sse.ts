import { createParser, type EventSourceMessage } from "eventsource-parser";
import * as v from "valibot";
import { parseJson } from "../base/json.ts";
import { RECORD_CHARS_MAX } from "../base/limits.ts";
import { Chunk } from "../wire/chunk.ts";
import { silenceMs } from "../wire/keepalive.ts";
import { type FollowRecord, readRecord } from "../wire/record.ts";
import { chunkOfOutputEvent, OUTPUT_EVENT, type OutputEvent } from "../wire/sse.ts";
import { type FollowRequest, followQuery } from "./follow-request.ts";
import { type Connection, open, segment } from "./request.ts";
import { textOf } from "./text.ts";

/** One connection's records, read from a server-sent event stream. */
export async function* readSse(
  to: Connection,
  id: string,
  request: FollowRequest,
): AsyncGenerator<FollowRecord> {
  const path = `/api/v1/executions/${segment(id)}/output?${followQuery(request)}`;
  const response = await open(to, path, {
    signal: request.signal,
    headers: { accept: "text/event-stream" },
  });
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    // A longer event breaks the connection.
    maxBufferSize: RECORD_CHARS_MAX,
    onEvent: (event) => events.push(event),
  });
  for await (const text of textOf(response, silenceMs(response))) {
    parser.feed(text);
    for (const event of events.splice(0)) {
      const record = recordOf(event);
      if (record) yield record;
    }
  }
}

function recordOf({ id, event, data }: EventSourceMessage): FollowRecord | undefined {
  if (event === "tailrace") return readRecord(data);
  if (event !== OUTPUT_EVENT) return undefined;
  const body = v.parse(v.looseObject({}), parseJson(data)) as object as OutputEvent;
  return v.parse(Chunk, chunkOfOutputEvent(Number(id), body));
}
