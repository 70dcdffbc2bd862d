import { beforeAll, describe, expect, it } from "vitest";
import { canonicalPath } from "../../../src/base/paths.ts";
import { api, get } from "../support/api.ts";
import { fetchWorker, ORIGIN, registerActions } from "../support/world.ts";

beforeAll(() => registerActions());

describe("a path", () => {
  it.each([
    ["/api/v1/executions", "/api/v1/executions"],
    ["/v1/executions/last/output", "/api/v1/executions/last/output"],
    ["/executions", "/api/v1/executions"],
    ["/actionexecutions/1", "/api/v1/executions/1"],
    ["/v1/actionexecutions", "/api/v1/executions"],
    ["/api/v1/actionexecutions/1/children", "/api/v1/executions/1/children"],
    ["/api/actionexecutions", "/api/v1/executions"],
    ["/api/v1/actionexecutionsx", "/api/v1/actionexecutionsx"],
    ["/actions/core.local", "/api/v1/actions/core.local"],
    ["/runnertypes", "/api/v1/runnertypes"],
    ["/user", "/api/v1/user"],
    ["/users/ann", "/api/v1/users/ann"],
    ["/rbac/roles", "/api/v1/rbac/roles"],
    ["/v1", "/api/v1"],
    ["/stream", "/stream/v1/stream"],
    ["/v1/stream", "/stream/v1/stream"],
    ["/api/stream", "/stream/v1/stream"],
    ["/api/v1/stream", "/stream/v1/stream"],
    ["/stream/v1/stream", "/stream/v1/stream"],
    ["/stream/executions/1/output", "/stream/v1/executions/1/output"],
    ["/stream/v1/executions/1/output", "/stream/v1/executions/1/output"],
    ["/tokens", "/auth/v1/tokens"],
    ["/v1/tokens/validate", "/auth/v1/tokens/validate"],
    ["/auth/tokens", "/auth/v1/tokens"],
    ["/auth/v1/tokens", "/auth/v1/tokens"],
    ["/agent/v1/actions", "/agent/v1/actions"],
    ["/healthz", "/healthz"],
    ["/executionsx", "/executionsx"],
  ])("%s is %s", (path, canonical) => expect(canonicalPath(path)).toBe(canonical));

  it.each([
    "/v1/executions",
    "/v1/executions/",
    "/executions/?limit=1",
    "/v1/actionexecutions",
    "/actionexecutions/views/filters/",
    "/api/v1/executions/views/filters",
    "/actions/",
    "/v1/actions/core.local/",
    "/runnertypes/?name=local-shell-cmd",
    "/packs",
    "/api/v1/user/",
  ])("%s is answered, with and without version, alias and slash", async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it("of the API's root names its version", async () => {
    for (const path of ["/v1", "/v1/", "/api/v1/"])
      expect((await get(path)).body).toEqual({
        version: expect.any(String),
        docs_url: expect.stringMatching(/^http/),
      });
  });

  it.each([
    ["PUT", "/v1/executions", "GET, POST"],
    ["POST", "/v1/executions/6b04912e0000abcdef000001", "GET, PUT, DELETE"],
    ["DELETE", "/v1/executions/views/filters", "GET"],
    ["POST", "/v1/runnertypes", "GET"],
  ])("accepts its own methods only: %s %s", async (method, path, allow) => {
    const { status, headers, body } = await api(method, path);
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allow);
    expect(body.code).toBe("method_not_allowed");
  });

  it("that is unknown is 404, and outside the API it asks for no key", async () => {
    expect((await get("/v1/nothing")).status).toBe(404);
    const response = await fetchWorker(`${ORIGIN}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ faultstring: expect.any(String), code: "not_found" });
  });
});
