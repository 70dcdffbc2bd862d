import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import { type Chunk, chunkBytes } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { owes } from "../../src/execution/state/outbox.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, json, userWith } from "./support/identity.ts";
import { clientWith, ended, fetchWorker, ORIGIN, registerActions, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };
const encoder = new TextEncoder();

/** All ways to read an execution's output and result. */
const READS = [
  "",
  "/output?format=text&follow=false",
  "/output?format=plain&follow=false",
  "/output?format=ndjson&follow=false",
  "/output?format=sse&follow=false",
  "/output/lines?line=1",
  "/output/lines",
  "/result",
  "?show_secrets=true",
];

async function read(id: string, path: string): Promise<string> {
  const answer = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}${path}`, { headers });
  return new TextDecoder().decode(await answer.arrayBuffer());
}

async function chunksOf(id: string): Promise<Chunk[]> {
  const lines = (await read(id, "/output?format=ndjson&follow=false")).trim().split("\n");
  return lines.map((line) => JSON.parse(line)).filter((record) => "seq" in record);
}

/** The output of one stream, a character for each byte. */
function printed(chunks: Chunk[], type: Chunk["output_type"]): string {
  return chunks
    .filter(({ output_type }) => output_type === type)
    .map((chunk) => String.fromCharCode(...chunkBytes(chunk)))
    .join("");
}

const binary = (text: string) => String.fromCharCode(...encoder.encode(text));

/** Bytes as a chunk: base64 if they are not UTF-8. */
function chunkOf(seq: number, bytes: Uint8Array, output_type: Chunk["output_type"]): Chunk {
  const head = { seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type };
  try {
    return { ...head, data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { ...head, encoding: "base64", data: btoa(String.fromCharCode(...bytes)) };
  }
}

/** The expected output: each byte of an occurrence is an asterisk, except line ends. */
function blanked(text: string, texts: string[]): string {
  const covered = new Set<number>();
  for (const one of texts.map(binary)) {
    for (let at = text.indexOf(one); at !== -1; at = text.indexOf(one, at + 1)) {
      for (let offset = 0; offset < one.length; offset++) covered.add(at + offset);
    }
  }
  return [...text].map((byte, at) => (covered.has(at) && !/[\r\n]/.test(byte) ? "*" : byte)).join("");
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀", "\n", " "), minLength: 4, maxLength: 9 });
const redacted = word.filter((text) => text.trim().length >= 4);
const texts = fc.array(redacted, { minLength: 1, maxLength: 3 });

describe("redacting an execution", () => {
  it("leaves none of the texts on any way to read, and keeps everything else, for any cut of the output", async () => {
    const cases = texts.chain((texts) =>
      fc.record({
        texts: fc.constant(texts),
        stdout: fc.array(fc.oneof(fc.constantFrom(...texts), word), { maxLength: 8 }),
        stderr: fc.array(fc.oneof(fc.constantFrom(...texts), word), { maxLength: 8 }),
        sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
        rows: fc.integer({ min: 1, max: 5 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ texts, stdout, stderr, sizes, rows }) => {
        const streams = [
          { type: "stdout" as const, bytes: encoder.encode(stdout.join("")) },
          { type: "stderr" as const, bytes: encoder.encode(stderr.join("")) },
        ];
        const made: Chunk[] = [];
        for (let turn = 0; streams.some(({ bytes }) => bytes.length > 0); turn++) {
          const stream = streams[turn % 2];
          const size = sizes[turn % sizes.length] ?? 1;
          if (!stream || stream.bytes.length === 0) continue;
          made.push(chunkOf(made.length + 1, stream.bytes.slice(0, size), stream.type));
          stream.bytes = stream.bytes.slice(size);
        }
        const { id, token } = await run(client);
        for (let at = 0; at < made.length; at += rows) {
          await client.append(
            id,
            token,
            made
              .slice(at, at + rows)
              .map(encodeChunk)
              .join(""),
          );
        }
        const end = ended(made.length);
        await client.end(id, token, { ...end, result: { ...end.result, stdout: stdout.join("") } });
        const before = await client.get(id);
        expect(await client.redact(id, { texts })).toEqual({ id, done: true });

        const after = await chunksOf(id);
        expect(after.map(({ data: _, ...head }) => head)).toEqual(made.map(({ data: _, ...head }) => head));
        for (const type of ["stdout", "stderr"] as const)
          expect(printed(after, type)).toBe(blanked(printed(made, type), texts));
        const { output, result } = await client.get(id);
        expect(output).toEqual(before.output);
        for (const text of texts) {
          expect(JSON.stringify(result)).not.toContain(JSON.stringify(text).slice(1, -1));
          for (const path of READS) expect(await read(id, path)).not.toContain(text);
          const found = await read(id, `/search?q=${encodeURIComponent(text.trim())}&case=true`);
          if (!text.trim().includes("\n")) expect(JSON.parse(found).matches).toEqual([]);
        }
      }),
      { numRuns: process.env.TAILRACE_TEST_LONG === "1" ? 200 : 20 },
    );
  });

  it("removes them from parameters and from the index", async () => {
    const { id, token } = await run(client, {
      action: "core.local",
      parameters: { cmd: "echo the-leaked-token" },
    });
    await client.end(id, token, ended(0));
    await client.redact(id, { texts: ["the-leaked-token"] });
    expect((await client.get(id)).parameters.cmd).toBe(`echo ${"*".repeat(16)}`);
    expect(JSON.stringify(await client.list())).not.toContain("the-leaked-token");
    await evictDurableObject(env.EXECUTION.getByName(id));
    expect((await client.get(id)).parameters.cmd).toBe(`echo ${"*".repeat(16)}`);
  });

  it("is refused while the execution runs, and for texts that are too short", async () => {
    const { id, token } = await run(client);
    await expect(client.redact(id, { texts: ["a-token"] })).rejects.toMatchObject({ code: "not_ended" });
    await client.end(id, token, ended(0));
    for (const text of ["abc", "  abc  ", "****", ""]) {
      await expect(client.redact(id, { texts: [text] })).rejects.toBeInstanceOf(TailraceError);
    }
    await expect(client.redact(id, { texts: [] })).rejects.toMatchObject({ code: "invalid" });
  });

  it("is refused to users who may only view", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const ask = askWith({ RBAC_ENABLED: true });
    const redactAs = async (who: Record<string, string>) => {
      const asked = { method: "POST", headers: who, body: { texts: ["a-token"] } };
      return (await ask(`/api/v1/executions/${id}/redact`, asked)).status;
    };
    const viewer = await userWith(ask, [{ permission_types: ["execution_view"] }]);
    expect(await redactAs(viewer.headers)).toBe(403);
    expect(await redactAs(asAdmin)).toBe(200);
  });

  it("is permitted to the run's user", async () => {
    await registerActions();
    const ask = askWith({ RBAC_ENABLED: true });
    const granted = { resource_uid: "pack:core", permission_types: ["action_execute", "execution_view"] };
    const user = await userWith(ask, [granted]);
    const body = { action: "core.local", parameters: { cmd: "echo my-own-secret" }, delay: 3_600_000 };
    const started = await ask("/api/v1/executions", { method: "POST", headers: user.headers, body });
    const { id } = await json<{ id: string }>(started, 201);
    await client.cancel(id);
    const asked = { method: "POST", headers: user.headers, body: { texts: ["my-own-secret"] } };
    expect(await json(await ask(`/api/v1/executions/${id}/redact`, asked))).toEqual({ id, done: true });
    expect((await client.get(id)).parameters.cmd).toBe(`echo ${"*".repeat(13)}`);
  });

  it("leaves the texts nowhere, not even sealed, when it is done", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, encodeChunk(chunkOf(1, encoder.encode("my-own-secret\n"), "stdout")));
    await client.end(id, token, ended(1));
    await client.redact(id, { texts: ["my-own-secret"] });
    await runInDurableObject(env.EXECUTION.getByName(id), (_, { storage }) => {
      expect(storage.kv.get("redaction")).toBeUndefined();
      expect(JSON.stringify(storage.sql.exec("SELECT * FROM batch").toArray())).not.toContain(
        "my-own-secret",
      );
    });
  });

  it("removes them from the event stream for readers that come back", async () => {
    const { id, token } = await run(client);
    const secret = "my-own-secret";
    await client.append(id, token, encodeChunk(chunkOf(1, encoder.encode(`${secret}\n`), "stdout")));
    await client.end(id, token, ended(1));
    const stream = "/output?format=sse&follow=false";
    expect(await read(id, stream)).toContain(secret);
    await client.redact(id, { texts: [secret] });
    const after = await read(id, stream);
    expect(after).not.toContain(secret);
    expect(after).toContain("*".repeat(secret.length));
  });

  it("continues by the alarm after an interruption", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, encodeChunk(chunkOf(1, encoder.encode("my-own-secret\n"), "stdout")));
    await client.end(id, token, ended(1));
    const object = env.EXECUTION.getByName(id);
    const stored = await eventually(() =>
      runInDurableObject(object, (_, { storage }) => {
        const state = storage.kv.get<ExecutionState>("state");
        // A delivery that is under way would store the state once more.
        if (!state || owes(state)) throw new Error("not told yet");
        return state;
      }),
    );
    await runInDurableObject(object, (_, { storage }) => {
      // The state after the texts are stored and before anything is rewritten.
      storage.kv.put("redaction", new Vault(env).seal([id, "redaction"], ["my-own-secret"]));
      storage.kv.put("state", { ...stored, timers: { ...stored.timers, redaction: Date.now() } });
      return storage.setAlarm(Date.now() + 60_000);
    });
    await evictDurableObject(env.EXECUTION.getByName(id));
    expect(await runDurableObjectAlarm(env.EXECUTION.getByName(id))).toBe(true);
    expect(await read(id, "/output?format=text&follow=false")).toBe(`${"*".repeat(13)}\n`);
  });
});
