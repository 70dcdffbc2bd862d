import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { BATCH_CHUNKS_MAX } from "../../protocol/base/limits.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { isChunk, readRecord } from "../../protocol/wire/record.ts";
import { eventually } from "./support/eventually.ts";
import { chunk, clientWith, run } from "./support/world.ts";

const client = clientWith();

it("a follower with little credit gets every line of a child's batch that is stored as several rows of its parent", async () => {
  const parent = await run(client);
  const hosts = ["a", "b"].map((address) => ({ key: address + "名".repeat(120), address }));
  await client.expand(parent.id, parent.token, { hosts, concurrency: 1, allow_partial_failure: false });
  const { execution } = await parent.agent.expect("lease");
  const object = env.EXECUTION.getByName(parent.id);
  const request = new Request("http://execution/?after=0&follow=true&credit_max=1000", {
    headers: { upgrade: "websocket" },
  });
  const { webSocket: socket } = await object.fetch(request);
  if (!socket) throw new Error("no WebSocket");
  const seqs: number[] = [];
  socket.addEventListener("message", ({ data }) => {
    for (const line of String(data).split("\n")) {
      const record = line === "" ? undefined : readRecord(line);
      if (record && isChunk(record)) seqs.push(record.seq);
    }
    socket.send(JSON.stringify({ credit: String(data).length }));
  });
  socket.accept();
  const lines = Array.from({ length: BATCH_CHUNKS_MAX }, (_, at) => encodeChunk(chunk(at + 1, "é\n")));
  const { body, ...head } = readBatch(lines.join(""));
  await object.appendFromChild(execution.execution_id, head, body);
  await eventually(() => expect(seqs).toEqual(lines.map((_, at) => at + 1)));
  socket.close();
});
