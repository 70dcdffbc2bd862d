import { beforeAll, describe, expect, it } from "vitest";
import { api, get } from "../support/api.ts";
import { clientWith, ended, registerActions, run } from "../support/world.ts";

const client = clientWith();
const path = "/v1/executions";
const UNKNOWN = "ffffffffffffffffffffffff";
const CANCELED = { message: "Action canceled by user.", user: "admin" };

/** An execution that no agent takes, as no agent here has its runner. */
async function waiting(): Promise<string> {
  const wanted = { action: "updated.remote", parameters: { cmd: "true", hosts: "a" } };
  return (await client.create(wanted)).id;
}

async function finished(): Promise<string> {
  const { id, token } = await run(client);
  await client.end(id, token, ended(0));
  return id;
}

const put = (id: string, body: unknown) => api("PUT", `${path}/${id}`, body);
const statuses = (log: { status: string }[]) => log.map(({ status }) => status);

beforeAll(async () => {
  await registerActions();
  const parameters = { cmd: { type: "string" } };
  await client.register({
    actions: [{ pack: "updated", name: "remote", runner_type: "remote-shell-cmd", parameters }],
  });
});

describe("PUT /executions/{id}", () => {
  it("sets the status and the result that an external runner reports", async () => {
    const id = await waiting();
    expect((await put(id, { status: "running" })).body).toMatchObject({ id, status: "running" });
    const result = { answer: 42, constructor: "kept" };
    const { status, body } = await put(id, { status: "succeeded", result });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "succeeded", result, end_timestamp: expect.any(String) });
    expect(statuses(body.log)).toEqual(["requested", "scheduled", "running", "succeeded"]);
    expect((await get(`${path}/${id}`)).body.result).toEqual(result);
  });

  it("ends an execution at its agent, tells the agent, and accepts no more output", async () => {
    const { id, token, agent } = await run(client);
    await put(id, { status: "failed", result: { error: "by hand" } });
    expect((await agent.expect("cancel")).execution_id).toBe(id);
    await expect(client.append(id, token, "")).rejects.toMatchObject({ status: 400 });
    await client.end(id, token, ended(0));
    expect((await get(`${path}/${id}`)).body).toMatchObject({
      status: "failed",
      result: { error: "by hand" },
    });
  });

  it.each(["canceled", "canceling"])("cancels by %s", async (status) => {
    const id = await waiting();
    expect((await put(id, { status })).body).toMatchObject({ status: "canceled", result: CANCELED });
    const running = await run(client);
    expect((await put(running.id, { status })).body).toMatchObject({ status: "canceling", result: CANCELED });
    await running.agent.expect("cancel");
    await client.end(running.id, running.token, { ...ended(0), status: "canceled", exit_code: null });
  });

  it.each([
    ["pausing", "pause"],
    ["paused", "pause"],
    ["resuming", "resume"],
  ])("refuses %s for an execution that is no workflow", async (status, verb) => {
    const { id, token } = await run(client);
    const { liveaction } = await client.get(id);
    expect(await put(id, { status })).toMatchObject({
      status: 400,
      body: {
        faultstring: `Failed updating execution. Unable to ${verb} liveaction "${liveaction.id}" because it is not supported by the "local-shell-cmd" runner.`,
      },
    });
    await client.end(id, token, ended(0));
  });

  it.each([
    [{ status: "married" }, /^'married' is not one of \['requested', /],
    [{}, /^status/],
    [{ status: "succeeded", colour: "blue" }, /colour/],
    [{ status: "succeeded", result: "text" }, "result: 'text' is not of type 'object'"],
    [{ status: "succeeded", result: [1] }, "result: [1] is not of type 'object'"],
    [{ status: "succeeded", result: null }, "result: None is not of type 'object'"],
    [{ status: "delayed" }, 'Failed updating execution. Status "requested" does not become "delayed".'],
  ])("refuses %j", async (body, text) => {
    const answer = await put(await waiting(), body);
    expect(answer.status).toBe(400);
    if (typeof text === "string") expect(answer.body.faultstring).toBe(text);
    else expect(answer.body.faultstring).toMatch(text);
  });

  it("refuses a completed execution and an unknown one", async () => {
    const id = await finished();
    for (const status of ["succeeded", "canceled", "pausing", "running"])
      expect(await put(id, { status })).toMatchObject({
        status: 400,
        body: { faultstring: "Execution is already in completed state." },
      });
    expect((await put(UNKNOWN, { status: "canceled" })).status).toBe(404);
  });
});

describe("DELETE /executions/{id}", () => {
  const remove = (id: string) => api("DELETE", `${path}/${id}`);

  it("cancels a waiting execution at once, and answers the same when it is repeated", async () => {
    const id = await waiting();
    const first = await remove(id);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      id,
      status: "canceled",
      result: CANCELED,
      context: { cancelled_by: "admin" },
    });
    expect((await remove(id)).body).toEqual(first.body);
  });

  it("asks the agent of a running execution to end it, and has a result that says so until then", async () => {
    const { id, token, agent } = await run(client);
    expect((await remove(id)).body).toMatchObject({ status: "canceling", result: CANCELED });
    expect(await remove(id)).toMatchObject({
      status: 200,
      body: { faultstring: "Action cannot be canceled. State = canceling." },
    });
    await agent.expect("cancel");
    await client.end(id, token, { ...ended(0), status: "canceled", exit_code: null });
    expect((await get(`${path}/${id}`)).body).toMatchObject({ status: "canceled", result: CANCELED });
  });

  it("answers 200 for a completed execution, with the reason why it cannot be canceled", async () => {
    expect(await remove(await finished())).toMatchObject({
      status: 200,
      body: { faultstring: "Action cannot be canceled. State = succeeded." },
    });
    expect((await remove(UNKNOWN)).status).toBe(404);
  });
});
