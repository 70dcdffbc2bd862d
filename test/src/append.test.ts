import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import { BATCH_BYTES_MAX } from "../../protocol/base/limits.ts";
import { dataOf, readAll } from "./support/events.ts";
import { chunks, clientWith, ended, fetchWorker, holderOf, ORIGIN, run } from "./support/world.ts";

const client = clientWith();

function post(id: string, lease: string, body: BodyInit): Promise<Response> {
  return fetchWorker(`${ORIGIN}/agent/v1/executions/${id}/chunks`, {
    method: "POST",
    headers: { authorization: `Bearer ${lease}` },
    body,
  });
}

async function output(id: string): Promise<string> {
  return (await client.output(id, { follow: "false" })).text();
}

describe("appending", () => {
  it("acknowledges a batch with the next sequence number", async () => {
    const { id, token } = await run(client);
    expect(await client.append(id, token, chunks(1, "a", "b"))).toMatchObject({ next: 3, cancel: false });
    expect(await client.append(id, token, chunks(3, "c"))).toMatchObject({ next: 4 });
  });

  it("stores a batch once, even if its acknowledgement is lost many times", async () => {
    const { id, token } = await run(client);
    for (let batch = 0; batch < 50; batch++) {
      const body = chunks(batch * 2 + 1, `${batch} a\n`, `${batch} b\n`);
      await client.append(id, token, body);
      expect(await client.append(id, token, body)).toMatchObject({ next: batch * 2 + 3 });
    }
    await client.end(id, token, ended(100));
    const data = dataOf(await readAll(client.follow(id)));
    expect(data).toEqual(
      Array.from({ length: 100 }, (_, i) => [i + 1, `${Math.floor(i / 2)} ${i % 2 ? "b" : "a"}\n`]),
    );
  });

  it("refuses a gap and a recut batch, with the number to continue from", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "a", "b"));
    await expect(client.append(id, token, chunks(4, "d"))).rejects.toMatchObject({ code: "gap", next: 3 });
    await expect(client.append(id, token, chunks(2, "b", "c"))).rejects.toMatchObject({
      code: "gap",
      next: 3,
    });
    expect(await output(id)).toBe("ab");
  });

  it("ends only when the log holds all output, and the end may be repeated", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "a"));
    await expect(client.end(id, token, ended(2))).rejects.toMatchObject({ code: "gap", next: 2 });
    await client.append(id, token, chunks(2, "b"));
    await client.end(id, token, ended(2));
    await client.end(id, token, ended(2));
    await expect(client.append(id, token, chunks(3, "c"))).rejects.toMatchObject({ code: "ended", next: 3 });
    expect(await client.get(id)).toMatchObject({
      status: "succeeded",
      output: { last_seq: 2, bytes: { stdout: 2 } },
    });
  });

  it.each([
    ["an empty batch", "", "invalid"],
    ["invalid JSON", '{"seq":1,\n', "invalid"],
    ["an unknown field", `${chunks(1, "a").slice(0, -2)},"extra":1}\n`, "invalid"],
    ["an unknown stream", chunks(1, "a").replace("stdout", "stdlog"), "invalid"],
    ["numbers that are not dense", chunks(1, "a") + chunks(3, "b"), "invalid"],
    ["number 0", chunks(0, "a"), "invalid"],
    ["bytes that are not UTF-8", new Uint8Array([0xff, 0xfe, 0x0a]), "invalid"],
    ["invalid base64", chunks(1, "a=a").replace('"data"', '"encoding":"base64","data"'), "invalid"],
    ["a chunk above its bound", chunks(1, "x".repeat(65_537)), "too_large"],
    ["a body above its bound", " ".repeat(BATCH_BYTES_MAX + 1), "too_large"],
  ])("refuses %s with a code, and stores nothing", async (_, body, code) => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "kept\n"));
    const response = await post(id, token, body);
    expect(await response.json()).toMatchObject({ code, faultstring: expect.any(String) });
    expect(response.status).toBe(code === "too_large" ? 413 : 400);
    expect(await output(id)).toBe("kept\n");
    expect(await client.append(id, token, chunks(2, "next\n"))).toMatchObject({ next: 3 });
  });

  it("refuses a body without an end, with and without a stated length", async () => {
    const { id, token } = await run(client);
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });
    const response = await post(id, token, endless);
    expect(response.status).toBe(408);
    expect(await response.json()).toMatchObject({ code: "body_timeout" });
    const flood = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(64 * 1024))),
    });
    expect((await post(id, token, flood)).status).toBe(413);
    expect(await output(id)).toBe("");
  });

  it("rewrites a line whose keys have another order, so that all readers get one form", async () => {
    const { id, token } = await run(client);
    await client.append(
      id,
      token,
      `{"data":"a","output_type":"stdout","timestamp":"2026-11-24T12:00:00.000000Z","seq":1}`,
    );
    await client.end(id, token, ended(1));
    expect(dataOf(await readAll(client.follow(id, { transport: "sse" })))).toEqual([[1, "a"]]);
  });

  it("needs a lease that the server signed, for this execution and in force", async () => {
    const one = await run(client);
    const other = await run(client);
    const [head, payload] = one.token.split(".");
    for (const token of ["", "nonsense", `${head}.${payload}.AAAA`, other.token, env.TAILRACE_API_KEY]) {
      const response = await post(one.id, token, chunks(1, "a"));
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "unauthorized" });
    }
    await env.EXECUTION.getByName(one.id).abandon(holderOf(one.token), "agent_lost");
    await expect(client.append(one.id, one.token, chunks(1, "a"))).rejects.toBeInstanceOf(TailraceError);
    await expect(client.append(one.id, one.token, chunks(1, "a"))).rejects.toMatchObject({ code: "ended" });
  });
});
