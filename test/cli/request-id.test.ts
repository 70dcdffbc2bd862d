import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { afterTest } from "../support/world.ts";

it("all requests of a command have one id, and each command has its own", async () => {
  const ids: unknown[] = [];
  const server = createServer((request, response) => {
    ids.push(request.headers["x-request-id"]);
    response
      .writeHead(404, { "content-type": "application/json" })
      .end('{"faultstring":"no","code":"not_found"}');
  }).listen(0, "127.0.0.1");
  afterTest(() => server.close());
  await new Promise((done) => server.once("listening", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...bareEnvironment(), TAILRACE_URL: url, TAILRACE_API_KEY: "tr_key" };
  const idsOf = async (args: string[]) => {
    ids.length = 0;
    await runCommandLine(args, { env });
    return [...new Set(ids)];
  };
  const first = await idsOf(["execution", "get", "6b04912e0000abcdef000001"]);
  const second = await idsOf(["agent", "list"]);
  expect([...first, ...second]).toEqual([
    expect.stringMatching(/^[\da-f-]{36}$/),
    expect.stringMatching(/^[\da-f-]{36}$/),
  ]);
  expect(second).not.toEqual(first);
});
