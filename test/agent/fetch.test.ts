import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { fetchWhole } from "../../agent/http/fetch.ts";
import { fetchByHttp } from "../../cli/base/fetch.ts";
import { failureText, isNetworkFailure } from "../../protocol/base/failure-text.ts";
import { BATCH_BYTES_MAX } from "../../protocol/base/limits.ts";
import type { Fetch } from "../../protocol/client/client.ts";
import { BAD_SERVERS, badServer, untrustedServer } from "../support/bad-servers.ts";
import { afterTest } from "../support/world.ts";

/** A server, and a count of its connections. */
async function serving(listener: RequestListener): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener).on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  };
}

/** A request as the server got it. */
async function seen(request: IncomingMessage) {
  const { method, url, headers } = request;
  const { authorization, "content-type": type, "st2-api-key": key } = headers;
  return { method, url, authorization, type, key, body: (await buffer(request)).toString("hex") };
}

/** The answer; or the failure's text without the runtime's own code for it. */
async function outcome(fetching: Fetch, url: string): Promise<string> {
  try {
    const response = await fetching(url, { method: "POST", body: "{}" });
    return `${response.status} ${response.headers.get("content-type")} ${await response.text()}`;
  } catch (error) {
    return failureText(error).replace(/ \([A-Z_]+\)$/, "");
  }
}

describe.each([
  ["agent", fetchWhole],
  ["command line", fetchByHttp],
] as const)("the fetch of the %s", (_, own) => {
  it.each(Object.keys(BAD_SERVERS))("ends like Node's at %s", async (name) => {
    const url = await badServer(name);
    expect(await outcome(own, url)).toBe(await outcome(fetch, url));
  });

  it("ends like Node's without a server, and at one that is not trusted", async () => {
    const closed = createTcpServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    for (const url of [`http://127.0.0.1:${port}`, "http://does-not-exist.invalid", await untrustedServer()])
      expect(await outcome(own, url)).toBe(await outcome(fetch, url));
  });

  it("sends bytes as they are, and answers over the same connection", async () => {
    const server = await serving(async (request, response) => response.end(await buffer(request)));
    const body = Buffer.alloc(BATCH_BYTES_MAX, "every byte arrives\n");
    for (let time = 0; time < 3; time++) {
      const response = await own(server.url, { method: "POST", body });
      expect(body.equals(new Uint8Array(await response.arrayBuffer()))).toBe(true);
    }
    expect(server.connections()).toBe(1);
  });

  it("stops sending a body once the answer is complete: its memory is used again", async () => {
    let got_bytes = 0;
    const refused = Promise.withResolvers<Socket>();
    const refusing = createTcpServer((socket) => {
      afterTest(() => socket.destroy());
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.pause();
        socket.write("HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}");
        refused.resolve(socket);
      });
      socket.on("data", (bytes) => (got_bytes += bytes.length));
    }).listen(0, "127.0.0.1");
    afterTest(() => refusing.close());
    await once(refusing, "listening");
    const { port } = refusing.address() as AddressInfo;
    // More than the buffers of a connection hold.
    const body = Buffer.alloc(64 * 1024 * 1024, "x");
    const response = await own(`http://127.0.0.1:${port}`, { method: "POST", body });
    expect(await response.text()).toBe("{}");
    expect(response.status).toBe(503);
    const socket = await refused.promise;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await closed;
    expect(got_bytes).toBeLessThan(body.length);
  });

  it.each([301, 302, 303, 307, 308])("follows a redirect with status %s as Node's does", async (status) => {
    const got: object[] = [];
    const note: RequestListener = async (request, response) => {
      got.push(await seen(request));
      response.end("there");
    };
    const elsewhere = await serving(note);
    const here = await serving((request, response) => {
      if (request.url?.startsWith("/to")) return note(request, response);
      const location = request.url === "/far" ? `${elsewhere.url}/to` : "/to?where=here";
      response.writeHead(status, { location }).end("not here");
    });
    for (const path of ["/near", "/far"]) {
      got.length = 0;
      for (const fetching of [own, fetch]) {
        const headers = { authorization: "Bearer t", "st2-api-key": "k", "content-type": "text/plain" };
        const response = await fetching(`${here.url}${path}`, { method: "POST", headers, body: "a body" });
        expect(await response.text()).toBe("there");
      }
      expect(got[0]).toEqual(got[1]);
    }
  });

  it.each(["ftp://127.0.0.1/", "http://[no-address"])(
    "fails as the network does at a redirect to %s",
    async (location) => {
      const server = await serving((_, response) => response.writeHead(302, { location }).end("not here"));
      for (const fetching of [fetch, own])
        expect(await fetching(server.url, {}).catch(isNetworkFailure)).toBe(true);
    },
  );

  it.each(["before the answer", "within the answer"])("stops when its signal aborts %s", async (when) => {
    const server = await serving((_, response) => {
      if (when === "within the answer") response.write("{");
    });
    const signal = AbortSignal.timeout(50);
    // The second attempt begins with an aborted signal.
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await own(server.url, { method: "POST", body: "{}", signal })
        .then((response) => response.text())
        .catch((error: unknown) => error);
      expect(failure).toBe(signal.reason);
      expect(failure).toMatchObject({ name: "TimeoutError" });
    }
  });
});

describe("the fetch of the command line", () => {
  it("gives an answer part by part, and ends like Node's where it is cut", async () => {
    const server = await serving((_, response) => {
      response.write("one");
      setImmediate(() => response.write("two", () => response.destroy()));
    });
    const read = async (fetching: Fetch) => {
      const { body } = await fetching(server.url, {});
      const reader = body?.getReader();
      let text = "";
      try {
        for (let part = await reader?.read(); part?.value; part = await reader?.read())
          text += Buffer.from(part.value).toString();
        return "whole";
      } catch (error) {
        return `${text}: ${failureText(error).replace(/ \([A-Z_]+\)$/, "")}`;
      }
    };
    const expected = await read(fetch);
    expect(expected).toMatch(/^onetwo: /);
    expect(await read(fetchByHttp)).toBe(expected);
  });

  it("asks again where the server has closed a kept connection, but only for what changes nothing", async () => {
    const methods: string[] = [];
    const server = await serving((request, response) => {
      methods.push(request.method ?? "");
      // The second request over a connection finds it closed.
      if (seen_sockets.has(request.socket)) request.socket.destroy();
      else response.end("once");
      seen_sockets.add(request.socket);
    });
    const seen_sockets = new WeakSet<Socket>();
    const ask = async (method: string) => (await fetchByHttp(server.url, { method })).text();
    expect(await ask("GET")).toBe("once");
    expect(await ask("GET")).toBe("once");
    await expect(ask("POST")).rejects.toThrow("fetch failed");
    expect(methods).toEqual(["GET", "GET", "GET", "POST"]);
  });

  it("takes a compressed answer, whole and part by part", async () => {
    const text = "a line of a log\n".repeat(10_000);
    const server = await serving(({ headers }, response) => {
      if (!/\bgzip\b/.test(`${headers["accept-encoding"]}`)) response.writeHead(406).end();
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text));
    });
    expect(await (await fetchByHttp(server.url, {})).text()).toBe(text);
    const { body } = await fetchByHttp(server.url, {});
    expect(await new Response(body).text()).toBe(text);
  });

  it("fails at a compressed answer that is cut, or is not compressed", async () => {
    const bytes = gzipSync("a line of a log\n".repeat(10_000));
    const server = await serving(({ url }, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      if (url === "/plain") response.end("plain");
      else response.write(bytes.subarray(0, 100), () => response.destroy());
    });
    for (const path of ["/plain", "/cut"]) {
      const response = await fetchByHttp(`${server.url}${path}`, {});
      await expect(response.text()).rejects.toThrow("terminated");
    }
  });

  it("gives up an answer that stops in the middle", async () => {
    const server = await serving((_, response) => void response.write("{"));
    const response = await fetchByHttp(server.url, {});
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    afterTest(() => void vi.useRealTimers());
    const failure = response.text().catch((error: unknown) => failureText(error));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failure).toMatch(/^nothing more of the answer came for 60 s/);
  });

  it("keeps the connection of an answer without a body, also if it is not read", async () => {
    const server = await serving((_, response) => response.writeHead(204).end());
    for (let time = 0; time < 3; time++) {
      expect((await fetchByHttp(server.url, { method: "DELETE" })).status).toBe(204);
      // The connection is free once what has come is handled.
      await new Promise(setImmediate);
    }
    expect(server.connections()).toBe(1);
    expect(await (await fetchByHttp(server.url, {})).text()).toBe("");
  });

  it("closes the connection of an answer that is not wanted", async () => {
    const left = Promise.withResolvers<void>();
    const server = await serving((_, response) => {
      response.once("close", left.resolve).write("one");
    });
    const { body } = await fetchByHttp(server.url, {});
    await body?.cancel();
    await left.promise;
  });

  it("goes through the proxy of the environment", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await serving((request, response) => {
      asked.push(request.url);
      response.end("by the proxy");
    });
    const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy.url, NO_PROXY: "" };
    expect(
      await printed(
        `process.stdout.write(await (await fetchByHttp("http://far.invalid/", {})).text());`,
        env,
      ),
    ).toBe("by the proxy");
    expect(asked).toEqual(["http://far.invalid/"]);
  });

  it("has no part of Node's own fetch, which takes as long to load as all else", async () => {
    const program = `
      await fetchByHttp("http://127.0.0.1:1", {}).catch(() => undefined);
      process.stdout.write(process.moduleLoadList.filter((name) => name.includes("undici")).join());`;
    expect(await printed(program)).toBe("");
  });
});

/** What a program prints that has the command line's fetch. */
async function printed(program: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const module = JSON.stringify(new URL("../../cli/base/fetch.ts", import.meta.url));
  const text = `const { fetchByHttp } = await import(${module});\n${program}`;
  const args = ["--input-type=module", "--eval", text];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return stdout;
}
