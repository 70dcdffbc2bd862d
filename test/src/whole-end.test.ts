import { expect, it, vi } from "vitest";
import { END_OUTPUT_CHARS_MAX } from "../../protocol/base/limits.ts";
import { EventHub } from "../../src/hub/hub.ts";
import { dataOf, readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, leased, run } from "./support/world.ts";

const client = clientWith();

it("an end with output is the start, the output and the end", async () => {
  const { id, token, execution } = await leased(client);
  expect(execution.ends_whole).toBe(true);
  const following = client.follow(id);
  // The follower has connected.
  const { value: first } = await following.next();
  const whole = { ...ended(2), output: chunks(1, "a\n", "b\n") };
  expect(await client.end(id, token, whole)).toMatchObject({ next: 3 });
  const { log, status, output } = await client.get(id);
  expect(status).toBe("succeeded");
  expect(log.map(({ status }) => status)).toEqual(["requested", "scheduled", "running", "succeeded"]);
  expect(output).toMatchObject({ last_seq: 2 });
  const shown = [first, ...(await readAll(following))].map((record) => {
    if (record && "seq" in record) return record.data;
    return record && "status" in record ? record.status : record;
  });
  expect(shown).toEqual(["scheduled", "running", "a\n", "b\n", "succeeded"]);
});

it("the event stream's hub gets the start and the end by one call", async () => {
  const publish = vi.spyOn(EventHub.prototype, "publish");
  const { id, token } = await leased(client);
  const told = () =>
    publish.mock.calls
      .filter(([{ execution }]) => execution.id === id)
      .map(([{ first, execution }]) => execution.log.slice(first).map(({ status }) => status));
  await eventually(async () => expect(told()).toEqual([["requested"]]));
  await client.end(id, token, { ...ended(0), output: "" });
  await eventually(async () =>
    expect(told()).toEqual([["requested"], ["scheduled", "running", "succeeded"]]),
  );
  publish.mockRestore();
});

it("an end with output may be repeated", async () => {
  const { id, token } = await leased(client);
  const whole = { ...ended(1), output: chunks(1, "a") };
  await client.end(id, token, whole);
  expect(await client.end(id, token, whole)).toMatchObject({ next: 2 });
  expect(dataOf(await readAll(client.follow(id)))).toEqual([[1, "a"]]);
});

it("an end with empty output is the end of an execution without output", async () => {
  const { id, token } = await leased(client);
  await client.end(id, token, { ...ended(0), output: "" });
  expect(await client.get(id)).toMatchObject({ status: "succeeded", output: { last_seq: 0 } });
});

it("an end with output that the log has in part, or not up to there, ends nothing", async () => {
  const { id, token } = await run(client);
  await client.append(id, token, chunks(1, "a", "b"));
  const gap = { code: "gap", next: 3 };
  await expect(client.end(id, token, { ...ended(4), output: chunks(4, "d") })).rejects.toMatchObject(gap);
  await expect(client.end(id, token, { ...ended(3), output: chunks(2, "b", "c") })).rejects.toMatchObject(
    gap,
  );
  await expect(client.end(id, token, { ...ended(3), output: chunks(1, "a", "b") })).rejects.toMatchObject(
    gap,
  );
  expect(await client.get(id)).toMatchObject({ status: "running", output: { last_seq: 2 } });
  await client.end(id, token, { ...ended(3), output: chunks(3, "c") });
  expect(dataOf(await readAll(client.follow(id))).map(([, data]) => data)).toEqual(["a", "b", "c"]);
});

it("refuses output that is not a batch, or too long for an end", async () => {
  const { id, token } = await leased(client);
  for (const output of ["no chunk", chunks(1, "x".repeat(END_OUTPUT_CHARS_MAX))])
    await expect(client.end(id, token, { ...ended(1), output })).rejects.toMatchObject({ code: "invalid" });
  expect((await client.get(id)).status).toBe("scheduled");
});
