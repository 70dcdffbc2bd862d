import { describe, expect, it } from "vitest";
import { RECORD_CHARS_MAX } from "../../protocol/base/limits.ts";
import { readNdjson } from "../../protocol/client/ndjson.ts";
import type { Connection } from "../../protocol/client/request.ts";
import { readSse } from "../../protocol/client/sse.ts";

const ID = "6742f0c0012c0123456789ab";
const PIECE = "x".repeat(64 * 1024);

/** A server with an endless answer, and the number of bytes that were taken. */
function endless(): { connection: Connection; taken: () => number } {
  let taken = 0;
  const body = () =>
    new ReadableStream({
      pull(stream) {
        taken += PIECE.length;
        stream.enqueue(new TextEncoder().encode(PIECE));
      },
    });
  const connection: Connection = {
    url: "http://127.0.0.1",
    key: "",
    fetch: async () => new Response(body()),
    socket: () => {
      throw new Error("no socket is asked for");
    },
  };
  return { connection, taken: () => taken };
}

describe("a record without an end", () => {
  it.each([
    ["line", readNdjson],
    ["event", readSse],
  ])("breaks the connection before it fills the memory: a %s", async (_, read) => {
    const { connection, taken } = endless();
    const records = read(connection, ID, { signal: new AbortController().signal });
    await expect(records.next()).rejects.toThrow();
    expect(taken()).toBeLessThan(2 * RECORD_CHARS_MAX);
  });
});
