import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { agent, client, connectAgents } from "./support/chain-runs.ts";
import { chainOf, PACK, registerChains } from "./support/chains.ts";
import { asAdmin, askWith, json } from "./support/identity.ts";
import { ended } from "./support/world.ts";

connectAgents();

const ask = askWith();
const headers = { ...asAdmin, "content-type": "application/json", "x-request-id": "of-mine" };

beforeAll(() =>
  registerChains(
    client,
    chainOf("named", { chain: [{ name: "task", ref: `${PACK}.shell`, parameters: { cmd: "true" } }] }),
  ),
);

/** Runs an execution that the request creates. Returns its id, and the request and the trace that the lease of its only program names. */
async function run(path: string, body: object, over: Record<string, string> = {}) {
  const asked = { method: "POST", headers: { ...headers, ...over }, body };
  const { id } = await json<Execution>(await ask(path, asked), 201);
  const { execution, token } = await agent.expect("lease");
  const { execution_id, epoch, request_id, traceparent } = execution;
  agent.say({ type: "accepted", execution_id, epoch });
  await client.start(execution_id, token);
  await client.end(execution_id, token, ended(0));
  return { id, request_id, traceparent };
}

describe("the id of the request that creates an execution", () => {
  it("reaches the agent with the lease, also with that of a chain's task", async () => {
    for (const action of [`${PACK}.shell`, `${PACK}.named`])
      expect(await run("/api/v1/executions", { action }), action).toMatchObject({ request_id: "of-mine" });
  });

  it("is the later request's if the execution is run again", async () => {
    const first = { "x-request-id": "the-first" };
    const { id, request_id } = await run("/api/v1/executions", { action: `${PACK}.shell` }, first);
    expect(request_id).toBe("the-first");
    expect(await run(`/api/v1/executions/${id}/re_run`, {})).toMatchObject({ request_id: "of-mine" });
  });
});

it("a server that traces nothing passes a trace on to the agent, also with a chain's task", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const action of [`${PACK}.shell`, `${PACK}.named`])
    expect(await run("/api/v1/executions", { action }, { traceparent }), action).toMatchObject({
      traceparent,
    });
  const wrong = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01" };
  const { traceparent: passed } = await run("/api/v1/executions", { action: `${PACK}.shell` }, wrong);
  expect(passed).toBeUndefined();
});

it("a failing answer names its request, and the server's log says under this name why the server has failed", async () => {
  const logged = vi.spyOn(console, "error").mockReturnValue(undefined);
  const prepare = () => {
    throw new Error("D1_ERROR: the disk is gone");
  };
  const failing = askWith({ INDEX: { prepare } as never });
  const failed = await failing("/api/v1/executions", { headers });
  expect(failed.headers.get("x-request-id")).toBe("of-mine");
  expect(await json(failed, 503)).toMatchObject({ code: "index_unavailable", request_id: "of-mine" });
  expect(logged).toHaveBeenCalledWith(expect.stringMatching(/^request of-mine: .*the disk is gone/));
  logged.mockRestore();
  for (const [path, status, code] of [
    ["/api/v1/executions/none", 404, "execution_not_found"],
    ["/nowhere", 404, "not_found"],
    ["/api/v1/executions?limit=-2", 400, "invalid"],
  ] as const) {
    const refused = await ask(path, { headers });
    expect(refused.headers.get("x-request-id")).toBe("of-mine");
    expect(await json(refused, status)).toEqual({
      code,
      faultstring: expect.any(String),
      request_id: "of-mine",
    });
  }
});

it("the client's error has the id of the refused request", async () => {
  await expect(client.get("none")).rejects.toMatchObject({
    code: "execution_not_found",
    request_id: expect.stringMatching(/^[\da-f-]{36}$/),
  });
});
