import { is, ValiError } from "valibot";
import { readNdjson } from "../../../protocol/client/ndjson.ts";
import { type Connection, failure } from "../../../protocol/client/request.ts";
import { readSocket } from "../../../protocol/client/socket.ts";
import { readSse } from "../../../protocol/client/sse.ts";
import { Chunk } from "../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { ControlEvent, type FollowRecord } from "../../../protocol/wire/record.ts";
import { sseFrame, sseOrigin, sseOutput } from "../../../protocol/wire/sse.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, mustEqual, type Target } from "../target.ts";

const ID = "6742f0c0012c0123456789ab";
const TIMESTAMP = "2026-11-24T12:00:00.000000Z";
const LINE = encodeChunk({ seq: 1, timestamp: TIMESTAMP, output_type: "stdout", data: "one\ntwo" });
const BYTES = encodeChunk({
  seq: 2,
  timestamp: TIMESTAMP,
  output_type: "other",
  encoding: "base64",
  data: "/+8=",
});
const GAP = encodeChunk({
  ...{ seq: 3, timestamp: TIMESTAMP, output_type: "stderr", data: "" },
  gap: { reason: "limit", bytes: null },
});
const STATUS = `{"event":"status","status":"running","last_seq":1,"timestamp":"${TIMESTAMP}"}`;
const END = `{"event":"end","status":"failed","exit_code":1,"last_seq":3,"bytes":{"stdout":7,"stderr":0,"other":2},"gaps":1,"timestamp":"${TIMESTAMP}"}`;
const ORIGIN = sseOrigin({ execution_id: ID, action_ref: "core.local", runner_ref: "local-shell-cmd" });

/** A client that reads from its server with each transport. Any cut into pieces gives the same records. */
export const target: Target = {
  covers: [
    "client/ndjson.ts",
    "client/sse.ts",
    "client/socket.ts",
    "client/text.ts",
    "protocol/wire/record.ts",
    "protocol/wire/sse.ts",
  ],
  shape: "json lines",
  chars_max: 8_192,
  words: [
    "data: ",
    "event: ",
    "id: ",
    "\r\n",
    "\n\n",
    ": keepalive",
    "retry: 5",
    "EOF",
    '{"event":"credit","last_seq":5}',
    END,
  ],
  seeds: [
    `${STATUS}\n${LINE}${BYTES}${GAP}\n${END}\n`,
    `${LINE}{"event":"up_to_date","last_seq":1}\n`,
    [LINE, BYTES, GAP].map((line) => sseOutput(line.trimEnd(), ORIGIN, ID)).join("") +
      sseFrame("tailrace", STATUS) +
      sseFrame("tailrace", END) +
      sseFrame("EOF", "''", 4),
    `: keepalive\r\n\r\nretry: 1\r\n${sseFrame("tailrace", END).replaceAll("\n", "\r\n")}`,
    '{"event":"error","code":"expired","faultstring":"gone"}\n{"event":"of a later version"}\n',
  ],
  throws: [SyntaxError, ValiError],
  run: async (input) => {
    const bytes = new TextEncoder().encode(input);
    for (const read of [readNdjson, readSse]) {
      const whole = await outcomeOf(read(served([bytes]), ID, { signal }));
      const cut = await outcomeOf(read(served(piecesOf(bytes, hashOf(input), 12)), ID, { signal }));
      mustEqual(cut, whole, "records are the same, however they come");
    }
    await outcomeOf(readSocket(served([], piecesOf(input, hashOf(input), 12)), ID, { signal }));
    await failure(new Response(input, { status: 400 + (hashOf(input) % 200) }));
  },
};

const { signal } = new AbortController();

/** The records until the end or a break. After a break, a client reconnects. */
async function outcomeOf(records: AsyncGenerator<FollowRecord>): Promise<unknown[]> {
  const read: unknown[] = [];
  try {
    for await (const record of records) {
      must(is(Chunk, record) || is(ControlEvent, record), "a record is a chunk or an event");
      read.push(record);
    }
  } catch (error) {
    if (!(error instanceof Error && [SyntaxError, ValiError].some((one) => error.constructor === one)))
      throw error;
    read.push(error.constructor.name);
  }
  return read;
}

/** A server that answers with these pieces. */
function served(pieces: Uint8Array[], messages: string[] = []): Connection {
  return {
    url: "http://127.0.0.1",
    key: "",
    fetch: async () =>
      new Response(
        new ReadableStream({
          start(stream) {
            for (const piece of pieces) stream.enqueue(piece);
            stream.close();
          },
        }),
      ),
    socket: () => spoken(messages),
  };
}

/** A WebSocket that opens, sends these messages, and closes. */
function spoken(messages: string[]): WebSocket {
  const socket = Object.assign(new EventTarget(), {
    readyState: 1,
    send: () => undefined,
    close: () => undefined,
  });
  queueMicrotask(() => {
    socket.dispatchEvent(new Event("open"));
    for (const data of messages) socket.dispatchEvent(new MessageEvent("message", { data }));
    socket.dispatchEvent(new Event("close"));
  });
  // The members of a socket that our reader uses.
  return socket as unknown as WebSocket;
}
