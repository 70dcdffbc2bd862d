import { beforeAll, describe, expect, it } from "vitest";
import { api, get } from "../support/api.ts";
import { client, connectAgents, reach, start } from "../support/chain-runs.ts";
import { chainOf, registerChains } from "../support/chains.ts";

connectAgents();

const flow = {
  pack: "chains",
  name: "flow",
  runner_type: "orquesta" as const,
  entry_point: "workflows/flow.yaml",
  parameters: { count: { type: "integer", default: 3 } },
};

const TEXT =
  'Unable to execute. Action "chains.flow" needs the runner "orquesta", which Tailrace does not have. Write the workflow as an action-chain, or run it in StackStorm.';

describe("an action of a runner that is not here", () => {
  beforeAll(async () => {
    const chain = { chain: [{ name: "only", ref: "chains.flow" }] };
    await registerChains(client, flow, chainOf("calls", chain));
  });

  it("is listed and shown as any other", async () => {
    const { body } = await get("/v1/actions/chains.flow");
    expect(body).toMatchObject({ ref: "chains.flow", ...flow, enabled: true });
    expect((await get("/v1/actions?pack=chains&name=flow")).body).toEqual([body]);
  });

  it("has no runner in the list of runners", async () => {
    expect((await get("/v1/runnertypes/?name=orquesta")).body).toEqual([]);
    expect((await get("/v1/runnertypes/orquesta")).status).toBe(404);
  });

  it("is refused when it is run, with what is missing and what to do", async () => {
    const { status, body } = await api("POST", "/v1/executions", { action: "chains.flow", parameters: {} });
    expect(status).toBe(400);
    expect(body).toEqual({ faultstring: TEXT, code: "runner_missing", request_id: expect.any(String) });
    expect((await get("/v1/executions?action=chains.flow")).body).toEqual([]);
  });

  it("fails the task of a chain with the same text", async () => {
    const { result } = await reach(await start("calls"), "failed");
    expect(result).toMatchObject({ tasks: [{ result: { error: expect.stringContaining(TEXT) } }] });
  });
});
