import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { BODY_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { clientWith, fetchWorker, ORIGIN, registerActions, TestAgent } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY, "content-type": "application/json" };

beforeAll(() => registerActions());

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function post(path: string, body: string, more: Record<string, string> = {}): Promise<Response> {
  return fetchWorker(ORIGIN + path, { method: "POST", headers: { ...headers, ...more }, body });
}

const create = (context: string) =>
  `{"action":"core.local","parameters":{"cmd":"true"},"context":{"deep":${context}}}`;

describe("a body that is nested too deeply", () => {
  it.each([BODY_DEPTH_MAX, 3_800, 100_000])(
    "is refused with its code, at %d levels too many",
    async (depth) => {
      const response = await post("/v1/executions", create(nested(depth)));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: "too_deep",
        faultstring: `Lists and objects are nested deeper than ${BODY_DEPTH_MAX}.`,
      });
    },
  );

  it("is refused at every endpoint", async () => {
    const deep = nested(3_800);
    for (const path of ["/v1/apikeys", "/v1/users", "/agent/v1/actions", "/auth/v1/tokens"]) {
      expect((await post(path, `{"deep":${deep}}`)).status, path).toBe(400);
    }
  });

  it("is refused in StackStorm's header too", async () => {
    const response = await post("/v1/executions", create("1"), {
      "st2-context": `{"deep":${nested(3_800)}}`,
    });
    expect(response.status).toBe(400);
  });
});

describe("an execution at the bound on depth", () => {
  it("can be read, listed and canceled", async () => {
    const deep = nested(BODY_DEPTH_MAX - 2);
    const response = await post("/v1/executions", create(deep));
    expect(response.status).toBe(201);
    const { id } = (await response.json()) as { id: string };
    expect(JSON.stringify((await client.get(id)).context?.deep)).toBe(deep);
    expect((await client.list({ limit: 1 }))[0]?.id).toBe(id);
    expect(await client.cancel(id)).toMatchObject({ status: "canceled" });
  });
});

describe("an agent", () => {
  it("that sends a deep message is told why, and its socket is closed", async () => {
    const agent = await TestAgent.connect("default");
    agent.say(`{"type":"hello","leases":${nested(3_800)}}`);
    expect(await agent.expect("error")).toMatchObject({ code: "too_deep" });
  });
});
