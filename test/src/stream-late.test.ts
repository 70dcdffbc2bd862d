import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, onTestFinished } from "vitest";
import { begin, startOf } from "../../src/reading/stream/begin.ts";
import { readStreamQuery } from "../../src/reading/stream/query.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, run } from "./support/world.ts";

const client = clientWith();
const RIGHTS = { is_admin: true, grants: [] };

it("sends output once when the hub reports the run only after its log has ended", async () => {
  const { id, token } = await run(client);
  const query = { events: "st2.execution__update,st2.execution.output__create", end_execution_id: id };
  const asked = readStreamQuery({ ...query, end_event: "st2.execution__update" }, true);
  const start = await startOf(env, asked, RIGHTS, await client.get(id));
  const stream = { text: "", has_ended: false };
  const sink = {
    write: (frames: string) => {
      stream.text += frames;
    },
    end: () => {
      stream.has_ended = true;
    },
    fail: (error: unknown) => {
      throw error;
    },
  };
  const subscription = begin(env, asked, RIGHTS, start, sink);
  onTestFinished(() => subscription.close());
  await client.append(id, token, chunks(1, "once\n"));
  await client.end(id, token, ended(1));
  // The stream has closed its follower: all output has come.
  await eventually(async () => {
    const open = await runInDurableObject(env.EXECUTION.getByName(id), (_, ctx) => ctx.getWebSockets());
    expect(open).toEqual([]);
  });
  const execution = await client.get(id);
  subscription.receive(JSON.stringify({ first: 1, execution }));
  await eventually(() => expect(stream.has_ended).toBe(true));
  expect(stream.text.split('"data":"once\\n"')).toHaveLength(2);
});

it("begins after the output of a run that the index does not know to run yet", async () => {
  const { id, token } = await run(client);
  await client.append(id, token, chunks(1, "before\n"));
  const row = await env.INDEX.prepare("SELECT status FROM executions WHERE id = ?").bind(id).first("status");
  expect(row).toBe("requested");
  const asked = readStreamQuery({ events: "st2.execution.output__create", execution_ids: id }, true);
  const { joined } = await startOf(env, asked, RIGHTS, undefined);
  expect(joined).toMatchObject([{ has_begun: true, place: { after: 1 } }]);
  await client.end(id, token, ended(1));
});
