import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { callOf, checkHost } from "../../agent/http/call.ts";
import { exchange } from "../../agent/http/exchange.ts";

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function addressOf(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serving(listener: RequestListener): Promise<string> {
  return addressOf(createServer(listener));
}

/** A server whose first words after a request are these. */
function saying(words: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(words));
  });
  return addressOf(server);
}

function requested(runner: Record<string, unknown>, parameters: Record<string, unknown> = {}) {
  const call = callOf("core.http", { allow_redirects: true, ...runner }, parameters);
  return exchange(call, () => undefined, new AbortController().signal);
}

describe("a request of http-request", () => {
  it.each([
    ["to another host", "elsewhere", ["x-kept"]],
    ["to the same host", "here", ["authorization", "cookie", "x-api-key", "x-kept"]],
  ])("takes its credentials along %s only where they are for it", async (_, where, expected) => {
    const seen: string[] = [];
    const note: RequestListener = ({ headers }, response) => {
      seen.push(...Object.keys(headers));
      response.end();
    };
    const elsewhere = await serving(note);
    const here = await serving((request, response) => {
      if (request.url === "/end") return note(request, response);
      const location = where === "here" ? "/end" : `${elsewhere}/end`;
      response.writeHead(307, { location }).end();
    });
    await requested(
      {
        url: here,
        headers: { "X-Kept": "1", "Proxy-Authorization": "p" },
        cookies: { a: "b" },
        username: "u",
        password: "p",
      },
      { auth: "X-Api-Key=secret" },
    );
    const watched = ["authorization", "cookie", "x-api-key", "x-kept"];
    expect(watched.filter((name) => seen.includes(name))).toEqual(expected);
    expect(seen.includes("proxy-authorization")).toBe(where === "here");
  });

  it("fails where the server switches to another protocol", async () => {
    const url = await saying("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    await expect(requested({ url })).rejects.toThrow("switches to another protocol (status 101)");
    await expect(requested({ url }, { method: "CONNECT" })).rejects.toThrow("switches to another protocol");
  });

  it("waits for a server that may be silent for years", async () => {
    const url = await serving((_, response) => setImmediate(() => response.end("late")));
    const head = await requested({ url }, { timeout: 100_000_000 });
    expect(head).toMatchObject({ status_code: 200 });
  });

  it.each([
    ["http://example.com/", ["EXAMPLE.com"]],
    ["http://example.com./", ["example.com"]],
    ["http://[::1]/", ["::1"]],
    ["http://2130706433/", ["127.0.0.1"]],
  ])("does not go to %s, which %j refuses", (url, url_hosts_blacklist) => {
    expect(() => checkHost(url, new URL(url), { url_hosts_blacklist })).toThrow("is blacklisted");
  });
});
