import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { type FollowRecord, isChunk } from "../../protocol/wire/record.ts";
import { sseFrame, sseOrigin, sseOutput } from "../../protocol/wire/sse.ts";
import { clientOf } from "../support/world.ts";

const ID = "0123456789abcdef01234567";
const END = {
  event: "end",
  status: "succeeded",
  exit_code: 0,
  last_seq: 4,
  bytes: { stdout: 8, stderr: 0, other: 0 },
  gaps: 0,
  timestamp: "T",
};
const LINES = [1, 2, 3, 4].map((seq) =>
  encodeChunk({ seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data: `${seq}é` }),
);

/** The server's answer after a sequence number, in each form. */
const FORMS = {
  ndjson: (after: number) => `\n${LINES.slice(after).join("")}${JSON.stringify(END)}\n`,
  sse: (after: number) => {
    const origin = sseOrigin({ execution_id: ID, action_ref: "a.b", runner_ref: "r" });
    const frames = LINES.slice(after).map((line) => sseOutput(line.slice(0, -1), origin, ID));
    return `: hello\n\n${frames.join("")}${sseFrame("tailrace", JSON.stringify(END))}`;
  },
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server whose answers the test decides. */
async function serve(answer: (after: number, response: ServerResponse, request: number, id: string) => void) {
  let requests = 0;
  server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? "", "http://x");
    answer(Number(searchParams.get("after") ?? 0), response, ++requests, pathname.split("/")[4] ?? "");
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  return clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "key");
}

async function readAll(records: AsyncIterable<FollowRecord>): Promise<FollowRecord[]> {
  const all: FollowRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

const WHOLE = [...LINES.map((line) => JSON.parse(line)), END];

describe("following", () => {
  it.each(["ndjson", "sse"] as const)(
    "by %s gives every record once, for any cut of the connection",
    async (transport) => {
      const whole = Buffer.from(FORMS[transport](0));
      // Each reader's first connection is cut at its own offset, which is the reader's id.
      const cut = new Set<string>();
      const client = await serve((after, response, _, id) => {
        const bytes = Buffer.from(FORMS[transport](after));
        response.writeHead(200);
        if (cut.has(id)) response.end(bytes);
        else response.write(bytes.subarray(0, Number(id)), () => response.destroy());
        cut.add(id);
      });
      const offsets = Array.from(whole, (_, offset) => String(offset));
      const readers = offsets.map((offset) => readAll(client.follow(offset, { transport })));
      for (const records of await Promise.all(readers)) expect(records).toEqual(WHOLE);
      expect(cut.size).toBe(whole.length);
    },
  );

  it("continues after temporary errors, and ends with permanent ones", async () => {
    const client = await serve((after, response, request) => {
      if (request <= 2) response.writeHead(request === 1 ? 503 : 429).end("busy");
      else response.writeHead(200).end(FORMS.ndjson(after));
    });
    const waits: number[] = [];
    expect(await readAll(client.follow(ID, { onReconnect: (_, wait_ms) => waits.push(wait_ms) }))).toEqual(
      WHOLE,
    );
    expect(waits).toHaveLength(2);
    server?.close();
    const gone = await serve((_, response) =>
      response.writeHead(410).end(JSON.stringify({ faultstring: "over", code: "expired" })),
    );
    await expect(readAll(gone.follow(ID))).rejects.toMatchObject({ code: "expired", message: "over" });
  });

  it("treats a hole in the numbers as a broken connection", async () => {
    const client = await serve((after, response, request) => {
      const lines = request === 1 ? [LINES[0], LINES[2]].join("") : "";
      response.writeHead(200).end(request === 1 ? lines : FORMS.ndjson(after));
    });
    expect(await readAll(client.follow(ID))).toEqual(WHOLE);
  });

  it("skips records that it has seen, and events of a later version", async () => {
    const client = await serve((_, response) => {
      response.writeHead(200).end(`{"event":"dance"}\n${LINES[0]}${FORMS.ndjson(0)}`);
    });
    expect(await readAll(client.follow(ID))).toEqual(WHOLE);
  });

  it.each(["ndjson", "sse"] as const)(
    "by %s treats a response as dead when it is silent for longer than its server promised",
    async (transport) => {
      const client = await serve((after, response, request) => {
        response.writeHead(200, { "tailrace-keepalive-ms": "20" });
        // The first connection stays open without more data.
        if (request > 1) response.end(FORMS[transport](after));
        else response.write(FORMS[transport](0).slice(0, -20));
      });
      expect(await readAll(client.follow(ID, { transport }))).toEqual(WHOLE);
    },
  );

  it("ends when it is aborted, and closes the connection", async () => {
    const client = await serve((_, response) => {
      response.writeHead(200);
      response.write(LINES[0] ?? "");
    });
    const abort = new AbortController();
    const records = client.follow(ID, { signal: abort.signal });
    const first = await records.next();
    expect(first.value && isChunk(first.value) && first.value.seq).toBe(1);
    const next = records.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("gives no more records after an abort, even if they have arrived", async () => {
    const client = await serve((_, response) => response.writeHead(200).end(FORMS.ndjson(0)));
    const abort = new AbortController();
    const seqs: number[] = [];
    for await (const record of client.follow(ID, { signal: abort.signal })) {
      if (isChunk(record) && seqs.push(record.seq) === 2) abort.abort();
    }
    expect(seqs).toEqual([1, 2]);
  });

  const voided = `${LINES[0]}{"event":"error","code":"unauthorized","faultstring":"The credential is void."}\n`;

  it("continues when the server dropped the stream because roles have changed, if the user may still follow", async () => {
    const client = await serve((after, response, request) =>
      response.writeHead(200).end(request === 1 ? voided : FORMS.ndjson(after)),
    );
    expect(await readAll(client.follow(ID))).toEqual(WHOLE);
  });

  it("ends with the server's answer if the user may not", async () => {
    const client = await serve((_, response, request) => {
      if (request === 1) return response.writeHead(200).end(voided);
      return response.writeHead(403).end('{"code":"forbidden","faultstring":"Not any more."}');
    });
    await expect(readAll(client.follow(ID))).rejects.toMatchObject({ code: "forbidden" });
  });
});
