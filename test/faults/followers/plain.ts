import { createParser } from "eventsource-parser";
import { isErrorCode, TailraceError } from "../../../protocol/base/errors.ts";
import { SILENCE_MS_MAX } from "../../../protocol/base/limits.ts";
import { textOf, withinSilence } from "../../../protocol/client/text.ts";
import { readRecord } from "../../../protocol/wire/record.ts";
import { chunkOfOutputEvent, EOF_EVENT, OUTPUT_EVENT, type OutputEvent } from "../../../protocol/wire/sse.ts";
import type { Outcome } from "../facts.ts";
import { open, type Reading, TEXT_SILENCE_MS_MAX, untilEnded } from "./reading.ts";

/** Reads NDJSON as a program without our client does, to the end of the answer: nothing may follow the end. */
export function readLines(reading: Reading): Promise<Outcome> {
  const { recording, pace } = reading;
  return untilEnded(reading, async () => {
    const { response, leave } = await open(reading, pathOf(reading, { format: "ndjson" }));
    let rest = "";
    for await (const text of textOf(response, SILENCE_MS_MAX)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const record = line === "" ? undefined : readRecord(line);
        if (record === undefined) continue;
        if ("event" in record && record.event === "error") throw told(record.code, record.faultstring);
        recording.take(record);
        if (recording.hasEnded || !(await pace.rest())) continue;
        leave();
        return "left";
      }
    }
    return closed(recording.hasEnded);
  });
}

/** Reads StackStorm's output events as an EventSource does: it comes back with the last id, until it is told to stop. */
export function readEvents(reading: Reading): Promise<Outcome> {
  const { recording, pace, execution, type } = reading;
  return untilEnded(reading, async () => {
    const query = new URLSearchParams(type === undefined ? {} : { type });
    const { response, leave } = await open(reading, `/stream/v1/executions/${execution}/output?${query}`, {
      accept: "text/event-stream",
      "last-event-id": String(recording.cursor ?? 0),
    });
    // It has seen everything: the log ends at its cursor.
    if (response.status === 204) recording.takeEnd({});
    const records = eventsOf(recording);
    for await (const text of textOf(response, SILENCE_MS_MAX)) {
      records.feed(text);
      if (recording.hasEnded || !(await pace.rest())) continue;
      leave();
      return "left";
    }
    return closed(recording.hasEnded);
  });
}

/** Reads the stream of all events up to the completing one. It has no cursor, so it begins again after a cut. */
export function readStream(reading: Reading): Promise<Outcome> {
  const { recording, pace, execution } = reading;
  recording.seen.own_only = true;
  return untilEnded(reading, async () => {
    recording.beginAgain();
    const query = new URLSearchParams({ end_execution_id: execution, events: `${OUTPUT_EVENT},${UPDATE}` });
    const { response, leave } = await open(reading, `/stream/v1/stream?${query}`, {
      accept: "text/event-stream",
    });
    const records = eventsOf(recording, execution);
    for await (const text of textOf(response, SILENCE_MS_MAX)) {
      records.feed(text);
      if (recording.hasEnded || !(await pace.rest())) continue;
      leave();
      return "left";
    }
    return closed(recording.hasEnded);
  });
}

/** Reads the written bytes. They have no cursor, so it begins again after a cut. */
export function readText(reading: Reading): Promise<Outcome> {
  const { recording, pace } = reading;
  return untilEnded(reading, async () => {
    recording.beginAgain();
    recording.takeBytes(Buffer.alloc(0));
    const { response, leave } = await open(reading, pathOf(reading, { format: "text", follow: "true" }));
    const body = response.body?.getReader();
    while (body) {
      // This form has no sign that the connection is alive.
      const { done, value } = await withinSilence(body.read(), TEXT_SILENCE_MS_MAX);
      if (done) break;
      recording.takeBytes(value);
      if (!(await pace.rest())) continue;
      leave();
      return "left";
    }
    recording.takeEnd({});
    return "ended";
  });
}

const UPDATE = "st2.execution__update";

/** Records events as they come, of the named execution only if one is named. */
function eventsOf(recording: Reading["recording"], execution?: string): { feed: (text: string) => void } {
  return createParser({
    maxBufferSize: Number.POSITIVE_INFINITY,
    onEvent: ({ id, event, data }) => {
      if (event === OUTPUT_EVENT) {
        const body: OutputEvent = JSON.parse(data);
        if (execution === undefined || body.execution_id === execution)
          recording.take(chunkOfOutputEvent(Number(id), body));
      } else if (event === EOF_EVENT) recording.takeEnd({ last_seq: Number(id) - 1 });
      else if (event === UPDATE) {
        const { id, status } = JSON.parse(data);
        if (id === execution && COMPLETED.includes(status)) recording.takeEnd({ status });
      }
    },
  });
}

const COMPLETED = ["succeeded", "failed", "timeout", "canceled", "abandoned"];

function pathOf({ execution, recording, type, tail }: Reading, more: Record<string, string>): string {
  const after = recording.cursor;
  const query = new URLSearchParams({
    ...more,
    ...(after === undefined ? { tail: String(tail ?? 0) } : { after: String(after) }),
    ...(type === undefined ? {} : { output_type: type }),
  });
  return `/api/v1/executions/${execution}/output?${query}`;
}

function told(code: string, text: string): Error {
  if (code === "unauthorized" || !isErrorCode(code)) return new Error(text);
  return new TailraceError(code, text);
}

function closed(hasEnded: boolean): "ended" {
  if (!hasEnded) throw new Error("the answer ended before the log did");
  return "ended";
}
