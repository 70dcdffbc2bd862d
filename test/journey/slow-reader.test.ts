import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { BATCH_BYTES_MAX } from "../../protocol/base/limits.ts";
import { CREDIT_CHARS_MAX, PAGE_BYTES } from "../../protocol/base/reader-limits.ts";
import { enginesOf } from "../support/engines.ts";
import { receive } from "../support/reader.ts";
import { afterTest, startWorld } from "../support/world.ts";

const PRODUCED_BYTES = 200_000_000;

/**
 * The largest growth of the engine while 200 MB pass through. Its garbage and caches take some 135 MB without a slow reader.
 * The output kept for only one of the four readers would add 200 MB.
 */
const GROWTH_BYTES_MAX = 300_000_000;

function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

function openStalled(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((opened, failed) => {
    get(path, { headers }, (response) => {
      response.pause();
      opened(response);
    }).on("error", failed);
  });
}

it("readers that read nothing while 200 MB are produced cost no memory, delay no other reader, and get everything later", async () => {
  const world = await startWorld();
  afterTest(world.stop);
  const { client, server } = world;
  const [engine = 0] = enginesOf(process.pid);
  const cmd = `head -c ${PRODUCED_BYTES} /dev/zero | tr '\\0' 'x' | fold -w 99`;
  const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout: 300 } });
  const headers = { "st2-api-key": server.apiKey };
  const path = `${server.url}/v1/executions/${id}/output`;

  // Two responses that are not read, and two WebSockets that never grant credit.
  const [stalled] = await Promise.all([
    openStalled(path, headers),
    openStalled(`${path}?format=sse`, headers),
  ]);
  const sockets = [
    new WebSocket(path.replace("http", "ws"), { headers }),
    new WebSocket(path.replace("http", "ws"), { headers }),
  ];
  const pushed = sockets.map(() => 0);
  const last = sockets.map(() => "");
  for (const [nth, socket] of sockets.entries()) {
    socket.addEventListener("message", ({ data }) => {
      pushed[nth] = (pushed[nth] ?? 0) + String(data).length;
      last[nth] = String(data);
    });
    afterTest(() => socket.close());
  }

  const before = residentBytes(engine);
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(engine));
  }, 50);
  afterTest(() => clearInterval(sampling));
  const brisk = await receive(client, id, { transport: "websocket" });
  clearInterval(sampling);

  const produced = PRODUCED_BYTES + Math.floor((PRODUCED_BYTES - 1) / 99);
  expect(brisk).toMatchObject({ bytes: produced, dense: true, end: { status: "succeeded" } });
  expect(peak - before).toBeLessThan(GROWTH_BYTES_MAX);
  for (const message of last) expect(message).toMatch(/^\{"event":"credit","last_seq":\d+\}\n$/);
  // A push has less than a batch that was gathered, and the next batch.
  for (const characters of pushed)
    expect(characters).toBeLessThan(CREDIT_CHARS_MAX + 2 * BATCH_BYTES_MAX + PAGE_BYTES);

  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of stalled) {
    bytes += part.length;
    hash.update(part);
  }
  expect({ bytes, sha256: hash.digest("hex") }).toEqual({ bytes: produced, sha256: brisk.sha256 });
}, 180_000);
