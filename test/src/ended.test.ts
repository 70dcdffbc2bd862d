import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ENDED_PAGE_BYTES_MIN } from "../../protocol/base/reader-limits.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { emptyObject, kept, offered, versionOf } from "./support/ended.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, json, keyOf, userWith } from "./support/identity.ts";
import { chunk, clientWith, ended, registerActions, run } from "./support/world.ts";

const client = clientWith();
const cached = askWith({ CACHED_PAGES_MAX: 200 });
const uncached = askWith({ CACHED_PAGES_MAX: 0 });
const DAY_MS = 24 * 60 * 60 * 1000;

beforeAll(() => registerActions());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The ways to read an ended output that its cache serves. */
const WAYS = [
  "/api/v1/executions/ID/output",
  "/api/v1/executions/ID/output?format=plain",
  "/api/v1/executions/ID/output?format=ndjson",
  "/api/v1/executions/ID/output?format=sse",
  "/stream/v1/executions/ID/output",
  "/api/v1/executions/ID/output?format=ndjson&follow=false&type=stderr",
  "/api/v1/executions/ID/output?output_type=stdout",
  "/api/v1/executions/ID/output?format=sse&type=nothing",
  "/api/v1/executions/ID/output?format=ndjson&after=2",
  "/api/v1/executions/ID/output?format=ndjson&after=999",
  "/api/v1/executions/ID/output?tail=0",
  "/api/v1/executions/ID/output?tail=2",
  "/api/v1/executions/ID/output?format=ndjson&tail=3&type=stdout",
  "/api/v1/executions/ID/output/lines",
  "/api/v1/executions/ID/output/lines?line=1",
  "/api/v1/executions/ID/output/lines?line=2&type=stdout",
  "/api/v1/executions/ID/output/lines?seq=3",
  "/api/v1/executions/ID/output/lines?line=3&lead=2",
  "/api/v1/executions/ID/output/folds?line=1",
  "/api/v1/executions/ID/search?q=o",
  "/api/v1/executions/ID/search?q=%5Eo&regex=true&type=stdout&line=2",
];

interface Read {
  status: number;
  headers: Record<string, string>;
  body: string;
}

async function read(
  ask: typeof cached,
  path: string,
  headers: Record<string, string> = asAdmin,
): Promise<Read> {
  const answer = await ask(path, { headers });
  const body = Buffer.from(await answer.arrayBuffer()).toString("binary");
  const { "x-request-id": _, ...rest } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers: rest, body };
}

const text = async (id: string, headers?: Record<string, string>) =>
  read(cached, `/api/v1/executions/${id}/output`, headers);

/** An ended execution with streams that alternate, a cut line, a cut escape sequence, and bytes that are not UTF-8. */
async function mixed(): Promise<string> {
  const { id, token } = await run(client);
  const batches = [
    [chunk(1, "one\ntw"), chunk(2, "oh\n", "stderr")],
    [chunk(3, "o\n\u001b[3"), chunk(4, "1mred\u001b[0m é\n")],
    [{ ...chunk(5, btoa("\xff\xfe\n"), "stderr"), encoding: "base64" as const }, chunk(6, "open")],
  ];
  for (const batch of batches) await client.append(id, token, batch.map(encodeChunk).join(""));
  await client.end(id, token, ended(6));
  await eventually(() => versionOf(id));
  return id;
}

describe("an ended output from the edge's cache", () => {
  it("is the same as from its object, on every way, when it is stored and when it is found", async () => {
    const id = await mixed();
    for (const way of WAYS.map((path) => path.replace("ID", id))) {
      const wanted = await read(uncached, way);
      expect(wanted.status, way).toBe(200);
      for (const time of ["first", "second"])
        expect(await read(cached, way), `${way} ${time}`).toEqual(wanted);
    }
    const headers = { ...asAdmin, "last-event-id": "7" };
    for (const ask of [uncached, cached, cached])
      expect((await read(ask, `/api/v1/executions/${id}/output?format=sse`, headers)).status).toBe(204);
  });

  it("is read without its object", async () => {
    const id = await mixed();
    const ways = WAYS.map((path) => path.replace("ID", id));
    const wanted = await Promise.all(ways.map((way) => read(cached, way)));
    for (const name of [
      "text/0",
      "ndjson/0",
      "sse/0",
      "ndjson/2",
      "ndjson/999",
      "textstdout/0",
      "ndjsonstderr/0",
    ])
      await kept(id, `page/${name}`);
    for (const name of ["stdout,stderr,other/0", "stdout,stderr,other/2", "stdout/3"])
      await kept(id, `tail/${name}`);
    for (const name of [
      "stdout,stderr,other//",
      "stdout,stderr,other/1/",
      "stdout/2/",
      "stdout,stderr,other//3",
    ])
      await kept(id, `lines/${name}`);
    await emptyObject(id);
    for (const [at, way] of ways.entries()) expect(await read(cached, way), way).toEqual(wanted[at]);
    expect(await text("last")).toEqual(wanted[0]);
    expect((await read(uncached, ways[0] ?? "")).status).toBe(404);
  });

  it("costs one row of the index, by its key", async () => {
    const id = await offered("one\n");
    const prepared: string[] = [];
    const prepare = (sql: string) => {
      prepared.push(sql);
      return env.INDEX.prepare(sql);
    };
    const counted = askWith({ INDEX: { prepare } as never });
    expect((await read(counted, `/api/v1/executions/${id}/output?tail=5`)).body).toBe("one\n");
    expect(prepared).toHaveLength(1);
    const plan = await env.INDEX.prepare(`EXPLAIN QUERY PLAN ${prepared[0]}`)
      .bind(id, 0)
      .all<{ detail: string }>();
    expect(plan.results.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SEARCH executions USING INDEX \S+ \(id=\?\)$/),
    ]);
  });

  it("comes from its object while the execution runs, and is not stored", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, encodeChunk(chunk(1, "one\n")));
    expect((await read(cached, `/api/v1/executions/${id}/output?follow=false`)).body).toBe("one\n");
    await client.append(id, token, encodeChunk(chunk(2, "two\n")));
    expect((await read(cached, `/api/v1/executions/${id}/output?follow=false`)).body).toBe("one\ntwo\n");
    await client.end(id, token, ended(2));
  });

  it("has none of its user's credentials in its keys, and every user's rights are checked", async () => {
    const ask = askWith({ RBAC_ENABLED: true });
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    const stranger = await userWith(ask, [{ permission_types: ["action_list"] }]);
    const refused = await ask(`/api/v1/executions/${id}/output`, { headers: stranger.headers });
    expect(refused.status).toBe(403);
    const events = await userWith(ask, [{ permission_types: ["execution_view"] }]);
    expect((await ask(`/stream/v1/executions/${id}/output`, { headers: events.headers })).status).toBe(403);
    expect((await ask(`/api/v1/executions/${id}/output`, { headers: events.headers })).status).toBe(200);
    expect((await ask(`/api/v1/executions/${id}/output`)).status).toBe(401);
  });

  it("is not reached from outside by the key of its page", async () => {
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    const found = await cached(`/ended/${id}/${await versionOf(id)}/page/text/0`, { headers: asAdmin });
    expect(found.status).toBe(404);
  });
});

describe("a change of an ended output counts at once", () => {
  it("when texts are redacted", async () => {
    const id = await offered("the password is hunter2!\n", "done\n");
    const ways = WAYS.map((path) => path.replace("ID", id));
    for (const way of ways) await read(cached, way);
    await kept(id, "page/text/0");
    const body = { texts: ["hunter2!"] };
    const answer = await cached(`/api/v1/executions/${id}/redact`, {
      method: "POST",
      headers: asAdmin,
      body,
    });
    expect(await json(answer)).toMatchObject({ done: true });
    for (const way of ways) {
      const after = await read(cached, way);
      expect(after.body, way).not.toContain("hunter2");
      expect(after, way).toEqual(await read(uncached, way));
    }
  });

  it("when the index is away at a redaction: then nothing is rewritten, and the answer does not say that it is done", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await offered("the password is hunter2!\n");
    await text(id);
    await kept(id, "page/text/0");
    const object = env.EXECUTION.getByName(id);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    expect(await object.redact(["hunter2!"])).toEqual({ kind: "redacted", done: false });
    expect((await text(id)).body).toContain("hunter2!");
    await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await eventually(async () => {
      await runDurableObjectAlarm(object);
      expect((await text(id)).body).toBe("the password is ********\n");
    });
  });

  it("when its time is over, also before the object has noticed", async () => {
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6.9 * DAY_MS });
    expect((await text(id)).body).toBe("one\n");
    vi.setSystemTime(Date.now() + 0.2 * DAY_MS);
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await text(id)).status).toBe(410);
  });

  it("when its time is over and the object cannot say so", async () => {
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    await emptyObject(id);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6.9 * DAY_MS });
    expect((await text(id)).body).toBe("one\n");
    vi.setSystemTime(Date.now() + 0.2 * DAY_MS);
    expect((await text(id)).status).toBe(404);
  });

  it("when it is pinned, and when the pin is removed", async () => {
    const id = await offered("one\n");
    await text(id);
    await client.pin(id);
    await eventually(async () => expect((await untilOf(id)).output_until_ms).toBeNull());
    await text(id);
    await kept(id, "page/text/0");
    await client.unpin(id);
    await eventually(async () => expect((await untilOf(id)).output_until_ms).not.toBeNull());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7.1 * DAY_MS });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await text(id)).status).toBe(410);
  });

  it("when the execution is deleted", async () => {
    const retention = { output_ttl_days: 1, execution_ttl_days: 1 };
    const { id, token } = await run(client, { action: "core.local", parameters: { cmd: "true" }, retention });
    await client.append(id, token, encodeChunk(chunk(1, "one\n")));
    await client.end(id, token, ended(1));
    await eventually(() => versionOf(id));
    await text(id);
    await kept(id, "page/text/0");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1.1 * DAY_MS });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await text(id)).status).toBe(404);
  });

  it("when a key or a link is revoked", async () => {
    const id = await offered("one\n");
    const key = await keyOf(cached, "reader");
    const made = await json<{ id: string; url: string }>(
      await cached(`/api/v1/executions/${id}/links`, { method: "POST", headers: asAdmin, body: {} }),
      201,
    );
    const linked = `/api/v1/executions/${id}/output?link=${made.url.split("?link=")[1]}`;
    expect((await text(id, key.headers)).body).toBe("one\n");
    expect((await read(cached, linked, {})).body).toBe("one\n");
    await cached(`/api/v1/apikeys/${key.id}`, { method: "DELETE", headers: asAdmin });
    await cached(`/api/v1/links/${made.id}`, { method: "DELETE", headers: asAdmin });
    expect((await text(id, key.headers)).status).toBe(401);
    expect((await read(cached, linked, {})).status).toBe(401);
  });

  it("when a release without the cache has written the row", async () => {
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    await env.INDEX.prepare("UPDATE executions SET version = version + 1 WHERE id = ?").bind(id).run();
    await emptyObject(id);
    expect((await text(id)).status).toBe(404);
  });
});

describe("without a working cache", () => {
  const page = new Response("{}\n", { headers: { "cache-control": "max-age=60" } });

  it.each([
    ["that fails", () => Promise.reject(new Error("no cache here"))],
    [
      "that stores nothing",
      () => Promise.resolve({ match: async () => undefined, put: async () => undefined }),
    ],
    [
      "that refuses to store",
      () => Promise.resolve({ match: async () => undefined, put: () => Promise.reject(new Error("full")) }),
    ],
    [
      "that has lost a part of each page",
      () => Promise.resolve({ match: async () => page.clone(), put: async () => undefined }),
    ],
  ])("an output is read as before: a cache %s", async (_, open) => {
    const id = await mixed();
    vi.spyOn(caches, "open").mockImplementation(open as never);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const way of WAYS.map((path) => path.replace("ID", id)))
      expect(await read(cached, way), way).toEqual(await read(uncached, way));
  });

  it("and without an index, an output is read from its object", async () => {
    const id = await offered("one\n");
    await text(id);
    await kept(id, "page/text/0");
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const prepare = () => {
      throw new Error("the index is away");
    };
    const answer = await askWith({ INDEX: { prepare } as never })(`/api/v1/executions/${id}/output`, {
      headers: asAdmin,
    });
    expect(await answer.text()).toBe("one\n");
  });
});

/** Lines of several pages: the first page has room for one of them. */
const LONG = Array.from({ length: 18 }, (_, at) => `${String(at % 10).repeat(ENDED_PAGE_BYTES_MIN - 1)}\n`);

describe("an ended output of several pages", () => {
  it("is the same as from its object, from each place and with each number of pages from the cache", async () => {
    const id = await offered(...LONG);
    for (const query of [
      "",
      "?format=ndjson",
      "?format=sse&type=stdout",
      "?format=plain",
      "?tail=5",
      "?format=ndjson&after=3",
    ]) {
      const path = `/api/v1/executions/${id}/output${query}`;
      const wanted = await read(uncached, path);
      for (const CACHED_PAGES_MAX of [1, 2, 200])
        expect(await read(askWith({ CACHED_PAGES_MAX }), path), `${query} ${CACHED_PAGES_MAX}`).toEqual(
          wanted,
        );
    }
  });

  it.each(["", "?after=0", "?after=3", "?tail=17"])(
    "is over for an EventSource that has all of it, also if its address names an earlier place: %s",
    async (query) => {
      const id = await offered(...LONG);
      const path = `/stream/v1/executions/${id}/output${query}`;
      for (const ask of [uncached, cached]) {
        const statusAfter = async (last: number) =>
          (await read(ask, path, { ...asAdmin, "last-event-id": String(last) })).status;
        // The end has an id, too.
        expect(await statusAfter(LONG.length)).toBe(200);
        expect(await statusAfter(LONG.length + 1)).toBe(204);
      }
    },
  );

  it("is shared by readers who begin at different places", async () => {
    const id = await offered(...LONG);
    await read(cached, `/api/v1/executions/${id}/output?format=ndjson`);
    await read(cached, `/api/v1/executions/${id}/output?format=ndjson&after=2`);
    // Boundaries are at 64 KiB, 256 KiB and 1 MiB: after 1, 4 and 16 of these lines.
    for (const after of [0, 1, 2, 4, 16]) await kept(id, `page/ndjson/${after}`);
  });

  it("ends for a reader whose key is revoked in between, and for one whose output expires", async () => {
    const id = await offered(...LONG);
    const { headers, id: key_id } = await keyOf(cached, "slow-reader");
    const path = `/api/v1/executions/${id}/output?format=ndjson`;
    const revoked = await firstOf(path, headers);
    await cached(`/api/v1/apikeys/${key_id}`, { method: "DELETE", headers: asAdmin });
    expect(await revoked.rest()).toMatch(/"event":"error","code":"unauthorized"/);
    const expired = await firstOf(path, asAdmin);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7.1 * DAY_MS });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect(await expired.rest()).toMatch(/"event":"error","code":"expired"/);
  });

  it("goes on with the redacted rest for a reader that has begun before a redaction", async () => {
    const id = await offered(...LONG, "the password is hunter2!\n");
    const path = `/api/v1/executions/${id}/output`;
    await read(cached, path);
    const reader = await firstOf(path, asAdmin);
    const body = { texts: ["hunter2!"] };
    await json(await cached(`/api/v1/executions/${id}/redact`, { method: "POST", headers: asAdmin, body }));
    const whole = reader.first + (await reader.rest());
    expect(whole).toBe(`${LONG.join("")}the password is ********\n`);
  });

  it("counts among the streams of its key while it is open", async () => {
    const id = await offered(...LONG);
    const ask = askWith({ CACHED_PAGES_MAX: 200, STREAMS_PER_KEY_MAX: 1 });
    const { headers } = await keyOf(cached, "reader-of-many");
    const path = `/api/v1/executions/${id}/output`;
    const open = await firstOf(path, headers, ask);
    expect((await ask(path, { headers })).status).toBe(429);
    await open.rest();
    for (let times = 0; times < 3; times++)
      expect((await ask(path, { method: "HEAD", headers })).status).toBe(200);
    const closed = await firstOf(path, headers, ask);
    await closed.cancel();
    expect((await read(ask, path, headers)).body).toBe(LONG.join(""));
  });
});

interface Begun {
  first: string;
  rest: () => Promise<string>;
  cancel: () => Promise<void>;
}

/** An answer of which only the beginning is taken. */
async function firstOf(path: string, headers: Record<string, string>, ask = cached): Promise<Begun> {
  const { body } = await ask(path, { headers });
  if (!body) throw new Error("no body");
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader.read()).value ?? "";
  const rest = async () => {
    let more = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) more += part.value;
    return more;
  };
  return { first, rest, cancel: () => reader.cancel() };
}

async function untilOf(id: string): Promise<{ output_until_ms: number | null }> {
  const row = await env.INDEX.prepare(
    "SELECT output_until_ms FROM executions WHERE id = ? AND output_version = version",
  )
    .bind(id)
    .first<{ output_until_ms: number | null }>();
  if (!row) throw new Error("not offered");
  return row;
}
