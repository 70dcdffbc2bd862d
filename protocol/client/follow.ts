import { backoffMs, pause } from "../base/backoff.ts";
import { type ErrorCode, isErrorCode, TailraceError } from "../base/errors.ts";
import { type Chunk, firstSeq } from "../wire/chunk.ts";
import { type FollowRecord, isChunk } from "../wire/record.ts";
import type { FollowOptions, FollowRequest } from "./follow-request.ts";
import { readNdjson } from "./ndjson.ts";
import { type Connection, isTransient } from "./request.ts";
import { readSocket } from "./socket.ts";
import { readSse } from "./sse.ts";

const READERS = { websocket: readSocket, sse: readSse, ndjson: readNdjson };

/**
 * Every record of an execution from the cursor on, in order and once each, across any number of broken connections. Ends after `end`
 * (or `up_to_date`), or without an error when the signal aborts. Throws a `TailraceError` if trying again would not help.
 */
export async function* follow(
  to: Connection,
  id: string,
  options: FollowOptions = {},
): AsyncGenerator<FollowRecord, void, void> {
  let transport = options.transport ?? "ndjson";
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const dense = options.type === undefined;
  let request: FollowRequest = { ...options, signal };
  // Not a retry of one request: it yields between failures, and each record resets the waits.
  let failures = 0;
  try {
    while (!signal.aborted) {
      let is_answered = false;
      try {
        for await (const record of READERS[transport](to, id, request)) {
          is_answered = true;
          // A message may have several records: those after an abort belong to the next reader.
          if (signal.aborted) return;
          if ("event" in record && record.event === "error") throw toldError(record.code, record.faultstring);
          failures = 0;
          if (isChunk(record)) {
            if (!isNext(request, record, dense)) continue;
            request = { ...options, signal, after: record.seq };
            delete request.tail;
          } else if (record.event === "credit") {
            options.onBehind?.(record.last_seq);
            continue;
          }
          yield record;
          if (!isChunk(record) && (record.event === "end" || record.event === "up_to_date")) return;
        }
        throw new Error("the connection closed before the end");
      } catch (error) {
        if (signal.aborted) return;
        if (!isTransient(error)) throw error;
        if (!is_answered && options.transport === "websocket") {
          transport = transport === "websocket" ? "sse" : "websocket";
          // At once: a proxy may pass no WebSockets. If this fails too, its error is the server's own.
          if (transport === "sse") continue;
        }
        const wait_ms = backoffMs(failures++);
        options.onReconnect?.(error, wait_ms);
        await pause(wait_ms, signal);
      }
    }
  } finally {
    abort.abort();
  }
}

/** Whether the chunk is the next one. False for one that was seen before. Throws if chunks are missing before it. */
function isNext(request: FollowRequest, chunk: Chunk, dense: boolean): boolean {
  if (request.tail !== undefined) return true;
  const after = request.after ?? 0;
  if (chunk.seq <= after) return false;
  const first_seq = firstSeq(chunk);
  if (dense && first_seq !== after + 1) throw new Error(`chunk ${first_seq} came after ${after}`);
  return true;
}

/**
 * The error that a stream has reported before it ended. A void credential is a transient error: its rights may only have changed, and
 * the answer to the next request shows whether it may still follow.
 */
function toldError(code: string, text: string): Error {
  if (code === "unauthorized") return new Error(text);
  const known: ErrorCode = isErrorCode(code) ? code : "internal";
  return new TailraceError(known, text);
}
