import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { meter } from "../../agent/base/meter.ts";
import { Uploader } from "../../agent/run/uploader.ts";
import { Spool } from "../../agent/spool/spool.ts";
import { newId } from "../../protocol/base/id.ts";
import { END_OUTPUT_CHARS_MAX } from "../../protocol/base/limits.ts";
import { metricsText } from "../../protocol/base/metrics.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { samplesOf } from "../support/metrics.ts";
import { clientOf, scratch, until } from "../support/world.ts";

/** The requests that came, with the chunks in each. */
const requests: string[] = [];
/** The last chunk of a log that an earlier run has filled. */
let last_seq = 0;
/** Whether the server knows no end with output. */
let is_earlier = false;
/** The result of the last end that was taken. */
let result: unknown;
let server: Server;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const verb = request.url?.split("/").at(-1) ?? "";
    const output = verb === "end" ? (JSON.parse(body).output ?? "") : verb === "chunks" ? body : "";
    const batch = output === "" ? undefined : readBatch(output);
    requests.push(batch ? `${verb} ${batch.first_seq}-${batch.last_seq}` : verb);
    const is_refused = is_earlier && verb === "end" && "output" in JSON.parse(body);
    if (verb === "end" && !is_refused) result = JSON.parse(body).result;
    const is_gap = batch !== undefined && batch.first_seq !== last_seq + 1;
    if (is_refused) {
      response.statusCode = 400;
      response.end(JSON.stringify({ faultstring: 'Invalid key: "output"', code: "invalid" }));
      return;
    }
    if (batch && !is_gap) last_seq = batch.last_seq;
    const next = last_seq + 1;
    response.statusCode = is_gap ? 409 : 200;
    response.end(
      JSON.stringify(
        is_gap ? { faultstring: "a gap", code: "gap", next } : { next, cancel: false, flush_ms: 0 },
      ),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterAll(() => server.close());

function begin(ends_whole: boolean) {
  requests.length = 0;
  last_seq = 0;
  is_earlier = false;
  const spool = new Spool(scratch(), {
    bytes_max: Number.MAX_SAFE_INTEGER,
    fsync: "never",
    nowMs: Date.now,
    onDisk: () => undefined,
  });
  const uploader = new Uploader({
    client: clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, ""),
    id: newId(),
    spool,
    log: { info: () => undefined, warn: () => undefined },
    onCancel: () => undefined,
    onStarted: () => undefined,
    ends_whole,
  });
  uploader.setToken("token");
  const write = (text: string) => {
    spool.append("stdout", { bytes: Buffer.from(text), is_text: true });
    uploader.output();
  };
  const finish = () => uploader.finish({ status: "succeeded", exit_code: 0, result: { made: 1 } });
  return { uploader, write, finish, done: uploader.run() };
}

/** What the agent has counted as sent: batches, and their bytes. */
function sent(): { batches: number; bytes: number } {
  const samples = samplesOf(metricsText([meter.appends.metric, meter.sent_bytes.metric]));
  const of = (name: string) => samples.get(name) ?? 0;
  return {
    batches: of("tailrace_agent_append_seconds_count"),
    bytes: of("tailrace_agent_sent_bytes_total"),
  };
}

it("a program that ends at once is one request", async () => {
  const before = sent();
  const { uploader, write, finish, done } = begin(true);
  uploader.start();
  write("hello\n");
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["end 1-1"]);
  const after = sent();
  expect(after.batches - before.batches).toBe(1);
  expect(after.bytes - before.bytes).toBeGreaterThan("hello\n".length);
});

it("a program without output that ends at once is one request", async () => {
  const { uploader, finish, done } = begin(true);
  uploader.start();
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["end"]);
});

it("a program that lasts reports its start and its output without its end", async () => {
  const { uploader, write, finish, done } = begin(true);
  uploader.start();
  await until("the start is reported", async () => requests.length === 1);
  write("one\n");
  await until("the output is sent", async () => requests.length === 2);
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["start", "chunks 1-1", "end"]);
});

it("the first output is sent although the program goes on", async () => {
  const { uploader, write, finish, done } = begin(true);
  uploader.start();
  write("one\n");
  await until("the output is sent", async () => requests.length === 2);
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["start", "chunks 1-1", "end"]);
});

it("output that is too long for an end is sent before it", async () => {
  const { uploader, write, finish, done } = begin(true);
  uploader.start();
  for (let at = 0; at < 3; at++) write("x".repeat(END_OUTPUT_CHARS_MAX / 2));
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["start", "chunks 1-3", "end"]);
});

it("after a gap, each part is sent by itself", async () => {
  const { uploader, write, finish, done } = begin(true);
  last_seq = 1;
  uploader.start();
  for (const text of ["one\n", "two\n"]) write(text);
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["end 1-2", "start", "chunks 2-2", "end"]);
});

it("a server of an earlier release gets each part by itself", async () => {
  const { uploader, write, finish, done } = begin(false);
  uploader.start();
  write("hello\n");
  finish();
  expect(await done).toBe("ended");
  expect(requests).toEqual(["start", "chunks 1-1", "end"]);
});

it.each([
  ["with output", "hello\n", ["end 1-1", "start", "chunks 1-1", "end"]],
  ["without output", "", ["end", "start", "end"]],
])(
  "a Worker of an earlier release refuses a whole end, and gets each part and the result: %s",
  async (_, text, all) => {
    const { uploader, write, finish, done } = begin(true);
    is_earlier = true;
    uploader.start();
    if (text !== "") write(text);
    finish();
    expect(await done).toBe("ended");
    expect(requests).toEqual(all);
    expect(result).toEqual({ made: 1 });
  },
);
