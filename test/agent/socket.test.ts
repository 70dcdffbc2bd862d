import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { afterTest } from "../support/world.ts";

/** A program of the agent's modules, which ends by itself or with the test. */
function program(source: string, env: NodeJS.ProcessEnv = {}) {
  const of = (path: string) => JSON.stringify(new URL(`../../agent/${path}`, import.meta.url));
  const imports = `await import(${of("agent.ts")}); const { openSocket } = await import(${of("http/socket.ts")});`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", `${imports}\n${source}`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterTest(() => void child.kill("SIGKILL"));
  return child;
}

it("an agent loads no part of Node's own fetch, which holds memory for as long as the agent runs", async () => {
  const { stdout } = program(`
    await new Promise((ended) => openSocket("ws://127.0.0.1:1", {}).addEventListener("error", ended));
    const loaded = process.moduleLoadList.filter((name) => name.includes("undici"));
    process.stdout.write(JSON.stringify(loaded));`);
  expect(await text(stdout)).toBe("[]");
});

it("an agent takes no message of more than 32 MiB", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  afterTest(() => server.close());
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    for (const more of [0, 1]) socket.send(Buffer.alloc(32 * 1024 * 1024 + more, "x"), { binary: false });
  });
  const { port } = server.address() as AddressInfo;
  const { stdout } = program(`
    const socket = openSocket("ws://127.0.0.1:${port}", {});
    const say = (text) => process.stdout.write(text + " ");
    socket.addEventListener("message", ({ data }) => say(data.length));
    socket.addEventListener("error", ({ error }) => say(error.code));
    socket.addEventListener("close", () => process.exit());`);
  expect(await text(stdout)).toBe("33554432 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH ");
});

it.each([
  ["ws", 80],
  ["wss", 443],
])("an agent asks the proxy of the environment for a tunnel to a server by %s", async (scheme, port) => {
  const asked = Promise.withResolvers<string | undefined>();
  const proxy = createServer((_, response) => response.writeHead(500).end());
  proxy.on("connect", ({ url }, socket) => {
    asked.resolve(url);
    socket.destroy();
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  afterTest(() => void proxy.close());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  program(
    `openSocket("${scheme}://far.invalid/", {}).addEventListener("error", () => process.stdout.write("x"));`,
    { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: "" },
  );
  expect(await asked.promise).toBe(`far.invalid:${port}`);
});
