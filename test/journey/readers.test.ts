import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLUSH_UNWATCHED_MS, FLUSH_WATCHED_MS, KEEPALIVE_MS } from "../../protocol/base/limits.ts";
import { SOCKET_ANSWER_MS_MAX } from "../../protocol/base/reader-limits.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import { COMMAND_LINE } from "../support/built-programs.ts";
import { CONTROL, call } from "../support/control.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { CountedTime } from "../support/promised.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { receive } from "../support/reader.ts";
import { afterTest, clientOf, ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

/** Much shorter than the time that a socket waits for the answer to its close. */
const STOP_MS_MAX = 2_000;

/** So many lines take several times as long as a reader takes to start. */
const TAILED = 3_000;

/** A proxy's answer to a request that asks for a WebSocket. */
const REFUSAL = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

let world: World;
beforeAll(async () => {
  world = await startWorld({ control: CONTROL });
});
afterAll(() => world.stop());

async function run(cmd: string): Promise<string> {
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
  return id;
}

/** All records of a socket, up to the end. */
async function recordLines(query: string, id: string): Promise<string[]> {
  const { url, apiKey } = world.server;
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/executions/${id}/output?${query}`, {
    headers: { "st2-api-key": apiKey },
  });
  const lines: string[] = [];
  socket.addEventListener("message", ({ data }) => lines.push(...String(data).trimEnd().split("\n")));
  await until("the end has come", () => lines.at(-1)?.startsWith('{"event":"end"'));
  socket.close();
  return lines;
}

describe("a proxy that passes no WebSockets", () => {
  it.each([
    ["refuses them", (proxy: FaultyProxy) => Object.assign(proxy, { upgrade_page: REFUSAL })],
    ["never answers them", (proxy: FaultyProxy) => Object.assign(proxy, { swallows_upgrades: true })],
  ])("and %s: a reader gets each line as it comes, once, by server-sent events", async (_, setUp) => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    setUp(proxy);
    const go = join(scratch(), "go");
    const id = await run(`echo one; until [ -e ${go} ]; do sleep 0.01; done; echo two`);
    const data: string[] = [];
    const reconnects: unknown[] = [];
    const records = clientOf(proxy.url, world.server.apiKey).follow(id, {
      transport: "websocket",
      onReconnect: (error) => reconnects.push(error),
    });
    for await (const record of records) {
      if ("data" in record) data.push(record.data);
      // The second line is written only when the first one has been read.
      if (data.length === 1) writeFileSync(go, "");
    }
    expect({ data, reconnects, answered: proxy.answered }).toEqual({
      data: ["one\n", "two\n"],
      reconnects: [],
      answered: 1,
    });
  });

  it("leaves the server's own answer: an execution that is not there", async () => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    proxy.upgrade_page = REFUSAL;
    const records = clientOf(proxy.url, world.server.apiKey).follow("f".repeat(24), {
      transport: "websocket",
    });
    await expect(records.next()).rejects.toMatchObject({ code: "execution_not_found" });
  });

  it("is waited for no longer than two seconds", () => {
    expect(SOCKET_ANSWER_MS_MAX).toBeLessThan(2_000);
  });
});

describe("a WebSocket", () => {
  it("sends one stream, the last lines, or both on request", async () => {
    const go = join(scratch(), "go");
    const wait = `n=$((n + 1)); until [ -e ${go}$n ]; do sleep 0.01; done`;
    const id = await run(`n=0; for i in 1 2 3; do echo out $i; ${wait}; echo err $i >&2; ${wait}; done`);
    // Each line is a chunk: the next one is written when the log has it.
    for (let line = 1; line <= 6; line++) {
      await until("the line is there", async () => (await world.client.get(id)).output?.last_seq === line);
      writeFileSync(`${go}${line}`, "");
    }
    await receive(world.client, id);
    const data = async (query: string) =>
      (await recordLines(query, id)).flatMap((line) =>
        line.startsWith('{"seq"') ? [JSON.parse(line).data] : [],
      );
    expect(await data("type=stderr")).toEqual(["err 1\n", "err 2\n", "err 3\n"]);
    expect(await data("tail=2")).toEqual(["out 3\n", "err 3\n"]);
    expect((await data("tail=2&type=stdout")).join("")).toBe("out 2\nout 3\n");
    expect(await data("after=5")).toEqual(["err 3\n"]);
  });

  it.each(["", "?type=stdout"])("that is closed during a run gets an answer: %s", async (query) => {
    const { url, apiKey } = world.server;
    const id = await run("echo up; sleep 60");
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/executions/${id}/output${query}`, {
      headers: { "st2-api-key": apiKey },
    });
    let text = "";
    socket.addEventListener("message", ({ data }) => (text += data));
    await until("there is output", () => text.includes("up"));
    const closed = once(socket, "close");
    socket.close();
    const [{ wasClean }] = await closed;
    expect(wasClean).toBe(true);
    await world.client.cancel(id);
  });
});

describe("a reader that is aborted", () => {
  it.each(["websocket", "sse", "ndjson"] as const)(
    "stops at once, also without a network: %s",
    async (transport) => {
      const proxy = await FaultyProxy.before(world.server.url);
      afterTest(() => proxy.close());
      const id = await run("echo up; sleep 60");
      const stop = new AbortController();
      const time = new CountedTime();
      afterTest(() => time.stop());
      let stopped_at_ms = 0;
      for await (const record of clientOf(proxy.url, world.server.apiKey).follow(id, {
        transport,
        signal: stop.signal,
      })) {
        if (!("seq" in record)) continue;
        proxy.cut();
        stopped_at_ms = time.ms;
        setImmediate(() => stop.abort());
      }
      expect(time.ms - stopped_at_ms).toBeLessThan(STOP_MS_MAX);
      await world.client.cancel(id);
    },
  );
});

describe("tailrace tail", () => {
  it("continues after its connection breaks, without a lost or doubled byte", async () => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    const { cmd } = lineWriter("tailed", { lines: TAILED, every_ms: 2 });
    const id = await run(cmd);
    const env = { ...process.env, TAILRACE_URL: proxy.url, TAILRACE_API_KEY: world.server.apiKey };
    const read = ["", ""];
    const readers = [["tail"], ["execution", "output"]].map(async (command, nth) => {
      const child = spawn(process.execPath, [COMMAND_LINE, ...command, id], {
        cwd: ROOT,
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      child.stdout.setEncoding("utf8").on("data", (data: string) => {
        read[nth] += data;
      });
      const [code] = await once(child, "close");
      const text = read[nth] ?? "";
      return { code, text: text.replace(/^Execution .* started\.\n\n/, "").replace(/\nExecution .*\n$/, "") };
    });
    // A break before the first record is reported, and not retried.
    await until("both read", () => read.every((text) => text.includes("line 1\n")));
    for (let breaks = 1; breaks <= 3; breaks++) {
      const { output } = await world.client.get(id);
      const wanted = (output?.last_seq ?? 0) + 20;
      await until("more has come, or all", async () => {
        const { output, status } = await world.client.get(id);
        return isCompleted(status) || (output?.last_seq ?? 0) > wanted;
      });
      // Cuts off open connections.
      proxy.mend();
    }
    for (const { code, text } of await Promise.all(readers)) {
      expect(code).toBe(0);
      expect(text).toBe(linesText(TAILED));
    }
  });

  it("says once on stderr that its server is gone for long, and shows the rest when it is back", async () => {
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    const go = join(scratch(), "go");
    const id = await run(`echo one; until [ -e ${go} ]; do sleep 0.01; done; echo two`);
    const child = spawn(process.execPath, [COMMAND_LINE, "execution", "output", id], {
      env: { ...process.env, TAILRACE_URL: proxy.url, TAILRACE_API_KEY: world.server.apiKey },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [read, told] = [[] as string[], [] as string[]];
    child.stdout.setEncoding("utf8").on("data", (text: string) => read.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => told.push(text));
    await until("it reads", () => read.join("") === "one\n");
    proxy.page = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    proxy.mend();
    await until("it says so", () => told.length > 0);
    const { answered } = proxy;
    await until("it has tried again", () => proxy.answered > answered);
    proxy.page = undefined;
    writeFileSync(go, "");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(read.join("")).toBe("one\ntwo\n");
    expect(told.join("")).toMatch(/^connection lost \(.*\), trying again until the server answers\n$/);
  });
});

describe("a reader that disappears", () => {
  it.each(["text", "sse", "ndjson"])("is noticed at the next output: %s", async (format) => {
    const id = await run("while :; do echo tick; sleep 0.1; done");
    await until("it runs", async () => (await world.client.get(id)).status === "running");
    const [agent] = await world.client.agents();
    const holder = { epoch: 1, agent_id: agent?.id, pool: "default" };
    const watched = async () => {
      // The flush interval says whether the log has readers. A repeated start is answered like an append.
      const answer = await call(world.server, "EXECUTION", id, "start", holder);
      return (answer as { flush_ms: number }).flush_ms;
    };
    expect(await watched()).toBe(FLUSH_UNWATCHED_MS);
    const request = get(`${world.server.url}/v1/executions/${id}/output?format=${format}`, {
      headers: { "st2-api-key": world.server.apiKey },
    });
    request.on("error", () => undefined);
    await once(request, "response");
    expect(await watched()).toBe(FLUSH_WATCHED_MS);
    request.destroy();
    await until("it is gone", async () => (await watched()) === FLUSH_UNWATCHED_MS);
    await world.client.cancel(id);
  });
});

describe("a quiet execution", () => {
  it.each([
    ["sse", ": keepalive\n\n"],
    ["ndjson", "\n"],
  ])("sends something at least every 6 s: %s", async (format, keepalive) => {
    const id = await run("sleep 40");
    await until("it runs", async () => (await world.client.get(id)).status === "running");
    const response = await world.client.output(id, { format });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const time = new CountedTime();
    afterTest(() => time.stop());
    let last_ms = time.ms;
    let longest_ms = 0;
    let text = "";
    while (!text.endsWith(keepalive.repeat(2))) {
      const { value = "" } = (await reader?.read()) ?? {};
      longest_ms = Math.max(longest_ms, time.ms - last_ms);
      last_ms = time.ms;
      text += value;
    }
    expect(longest_ms).toBeLessThan(KEEPALIVE_MS + 1_000);
    await reader?.cancel();
    await world.client.cancel(id);
  });
});
