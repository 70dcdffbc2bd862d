import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { ERRORS, type ErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { afterTest } from "../support/world.ts";

it("all requests of a command have one id, and each command has its own", async () => {
  const { ids, env } = await refusing("not_found");
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

it.each([
  ["internal", true],
  ["index_unavailable", true],
  ["not_found", false],
] as const)(
  "a command that ends with %s names its request if the server's log does: %j",
  async (code, is_named) => {
    const { ids, env } = await refusing(code);
    const { stderr } = await runCommandLine(["agent", "list"], { env });
    expect(stderr).toContain(`(${code})`);
    expect(stderr.includes(`In the server's log it is request ${ids[0]}.`)).toBe(is_named);
  },
);

/** A server that refuses each request, the ids that it gets, and the environment of its commands. */
async function refusing(code: ErrorCode): Promise<{ ids: unknown[]; env: NodeJS.ProcessEnv }> {
  const ids: unknown[] = [];
  const server = createServer((request, response) => {
    const id = String(request.headers["x-request-id"]);
    ids.push(id);
    const body = new TailraceError(code).toBody(id);
    response.writeHead(ERRORS[code].status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  afterTest(() => server.close());
  await new Promise((done) => server.once("listening", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ids, env: { ...bareEnvironment(), TAILRACE_URL: url, TAILRACE_API_KEY: "tr_key" } };
}
