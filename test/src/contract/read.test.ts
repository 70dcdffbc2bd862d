import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../../protocol/model/execution.ts";
import { get } from "../support/api.ts";
import { asAdmin } from "../support/identity.ts";
import { clientWith, fetchWorker, ORIGIN, registerActions, run } from "../support/world.ts";

const client = clientWith();
const path = "/v1/executions";
const RESULT = { failed: false, succeeded: true, return_code: 0, stdout: "a line", stderr: "" };
const UNKNOWN = "ffffffffffffffffffffffff";
let ended = "";
let fresh = "";

it("without any execution, `last` is a 400 everywhere", async () => {
  for (const last of [`${path}/last`, `${path}/last/output`, "/stream/v1/executions/last/output"])
    expect(await get(last)).toMatchObject({
      status: 400,
      body: { faultstring: "No executions found in the database" },
    });
});

describe("one execution", () => {
  beforeAll(async () => {
    const { id, token } = await run(client);
    await client.end(id, token, { last_seq: 0, status: "succeeded", exit_code: 0, result: RESULT });
    ended = id;
    await registerActions();
    fresh = (await client.create({ action: "core.local", parameters: { cmd: "true" } })).id;
  });

  it("is read by its id, and the newest as `last`", async () => {
    const { body } = await get(`${path}/${ended}`);
    expect(body).toMatchObject({
      id: ended,
      status: "succeeded",
      end_timestamp: expect.stringMatching(/\.\d{6}Z$/),
      elapsed_seconds: expect.any(Number),
      result: RESULT,
      result_size: JSON.stringify(RESULT).length,
      log: [{ status: "requested" }, { status: "scheduled" }, { status: "running" }, { status: "succeeded" }],
    });
    expect((await get(`${path}/last`)).body.id).toBe(fresh);
  });

  it.each(["", "/children", "/attribute/result", "/result", "/output"])(
    "with an unknown id is a 404: %s",
    async (below) => {
      for (const id of [UNKNOWN, "100"])
        expect(await get(`${path}/${id}${below}`)).toMatchObject({
          status: 404,
          body: { faultstring: `Unable to identify resource with id "${id}".` },
        });
    },
  );

  it("has the requested attributes", async () => {
    const keys = async (query: string) => Object.keys((await get(`${path}/${ended}?${query}`)).body).sort();
    expect(await keys("include_attributes=id%2Cchildren")).toEqual(["id"]);
    expect(
      await keys("include_attributes=action.ref,action.runner_type,status,log,id,action.ref,status"),
    ).toEqual(["action", "id", "log", "status"]);
    const all = await keys("");
    expect(await keys("exclude_attributes=result")).toEqual(all.filter((key) => key !== "result"));
    expect(await keys("exclude_attributes=result,status,trigger_instance")).toEqual(
      all.filter((key) => key !== "result" && key !== "status"),
    );
  });

  it.each([
    [
      "exclude_attributes=start_timestamp",
      "Invalid or unsupported exclude attribute specified: start_timestamp",
    ],
    ["max_result_size=-1", "max_result_size must be a positive number"],
    ["max_result_size=14680065", "max_result_size query parameter must be smaller than 14 MB"],
    ["max_result_size=big", 'Parameter "max_result_size" is not of type integer'],
    ["show_secrets=maybe", 'Parameter "show_secrets" is not of type boolean'],
  ])("is not read with %s", async (query, faultstring) => {
    expect(await get(`${path}/${ended}?${query}`)).toMatchObject({ status: 400, body: { faultstring } });
  });

  it("lacks a result that is larger than the given size", async () => {
    const size = JSON.stringify(RESULT).length;
    const result = async (bytes_max: number) =>
      ((await get(`${path}/${ended}?max_result_size=${bytes_max}`)).body as Execution).result;
    expect(await result(size - 1)).toBeUndefined();
    expect(await result(size)).toEqual(RESULT);
    expect(await result(14 * 1024 * 1024)).toEqual(RESULT);
  });

  it("returns single attributes as raw values", async () => {
    const attribute = async (id: string, name: string) => (await get(`${path}/${id}/attribute/${name}`)).body;
    expect(await attribute(ended, "result")).toEqual(RESULT);
    expect(await attribute(ended, "status")).toBe("succeeded");
    expect(await attribute(ended, "trigger_instance")).toEqual({});
    expect(await attribute(fresh, "result")).toEqual({});
    expect(await get(`${path}/${ended}/attribute/start_timestamp`)).toMatchObject({
      status: 400,
      body: {
        faultstring:
          'Invalid attribute "start_timestamp" specified. Valid attributes are: result, trigger_instance, status',
      },
    });
  });

  it("returns its result as a file: compact or pretty, plain or compressed", async () => {
    const plain = await fetchWorker(`${ORIGIN}${path}/${ended}/result`, { headers: asAdmin });
    expect(plain.headers.get("content-type")).toBe("text/json");
    expect(plain.headers.has("content-disposition")).toBe(false);
    expect(await plain.text()).toBe(JSON.stringify(RESULT));
    expect(await (await fetchWorker(`${ORIGIN}${path}/${fresh}/result`, { headers: asAdmin })).text()).toBe(
      "{}",
    );

    const pretty = await fetchWorker(`${ORIGIN}${path}/${ended}/result?pretty_format=1&download=1`, {
      headers: asAdmin,
    });
    expect(await pretty.text()).toBe(JSON.stringify(RESULT, null, 2));
    expect(pretty.headers.get("content-disposition")).toBe(
      `attachment; filename=execution_${ended}_result.json`,
    );

    const packed = await fetchWorker(`${ORIGIN}${path}/${ended}/result?compress=1&download=1`, {
      headers: asAdmin,
    });
    expect(packed.headers.get("content-type")).toBe("application/x-gzip");
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("content-disposition")).toBe(
      `attachment; filename=execution_${ended}_result.json.gz`,
    );
    // The runtime decodes the body by the header, as every client does.
    expect(await packed.text()).toBe(JSON.stringify(RESULT));
  });
});
