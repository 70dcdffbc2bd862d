import { describe, expect, it } from "vitest";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { get } from "../support/api.ts";
import { asAdmin, askWith } from "../support/identity.ts";
import { chunk, chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "../support/world.ts";

const client = clientWith();

describe("GET /executions/{id}/output", () => {
  it("is the raw text of both streams, or of one", async () => {
    const { id, token } = await run(client);
    const written = [chunk(1, "10\n"), chunk(2, "to the other\r\n", "stderr"), chunk(3, "no line feed")];
    await client.append(id, token, written.map(encodeChunk).join(""));
    await client.end(id, token, ended(3));
    const output = (query: string) => get(`/v1/executions/${id}/output${query}`);
    const all = await output("");
    expect(all.headers.get("content-type")).toBe("text/plain; charset=UTF-8");
    expect(all.body).toBe("10\nto the other\r\nno line feed");
    expect((await output("?output_type=all&show_secrets=true")).body).toBe(all.body);
    expect((await output("?output_type=stdout")).body).toBe("10\nno line feed");
    expect((await output("?output_type=stderr")).body).toBe("to the other\r\n");
    expect(await output("?output_type=married")).toMatchObject({ status: 200, body: "" });
    expect((await get("/v1/executions/last/output")).body).toBe(all.body);
    expect((await get(`/v1/actionexecutions/${id}/output/`)).body).toBe(all.body);
  });

  it("is empty without output", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    expect(await get(`/v1/executions/${id}/output`)).toMatchObject({ status: 200, body: "" });
  });

  it("stays open until the end by default, as up to StackStorm 2.8", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "before\n"));
    const response = await fetchWorker(`${ORIGIN}/v1/executions/${id}/output`, { headers: asAdmin });
    await client.append(id, token, chunks(2, "after\n"));
    await client.end(id, token, ended(2));
    expect(await response.text()).toBe("before\nafter\n");
  });

  it("ends at the current end by a setting, as since StackStorm 2.9, and a request overrides it", async () => {
    for (const setting of [false, "false"]) {
      const ask = askWith({ API_OUTPUT_FOLLOW: setting });
      const { id, token } = await run(client);
      await client.append(id, token, chunks(1, "so far\n"));
      const path = `/v1/executions/${id}/output`;
      expect(await (await ask(path, { headers: asAdmin })).text()).toBe("so far\n");
      const followed = await ask(`${path}?follow=true`, { headers: asAdmin });
      const records = await ask(`${path}?format=ndjson`, { headers: asAdmin });
      await client.append(id, token, chunks(2, "later\n"));
      await client.end(id, token, ended(2));
      expect(await followed.text()).toBe("so far\nlater\n");
      // Records are no form of StackStorm's, so they are followed.
      expect(await records.text()).toContain("later");
      expect(await get(`${path}?follow=perhaps`)).toMatchObject({
        status: 400,
        body: { faultstring: 'Parameter "follow" is not of type boolean' },
      });
    }
  });
});
