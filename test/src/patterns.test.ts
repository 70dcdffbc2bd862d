import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Parameters } from "../../protocol/model/action.ts";
import { clientWith, fetchWorker, ORIGIN } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

function register(pack: string, parameters: Parameters) {
  const action = { pack, name: "act", entry_point: "", runner_type: "local-shell-cmd" as const };
  return client.register({ actions: [{ ...action, parameters }] });
}

function create(pack: string, parameters: Record<string, unknown>): Promise<Response> {
  const body = JSON.stringify({ action: `${pack}.act`, parameters });
  return fetchWorker(`${ORIGIN}/v1/executions`, { method: "POST", headers, body });
}

describe("a pattern of a parameter", () => {
  it.each([
    [
      { pattern: "^(?=a)b$" },
      "evil.act.parameters.a.pattern: the pattern cannot be matched by RE2: it looks ahead",
    ],
    [{ pattern: "(a)\\1" }, "it refers back to a group"],
    [{ items: { patternProperties: { "(?<!a)b": {} } } }, "parameters.a.items.patternProperties.(?<!a)b: "],
    [{ anyOf: [{}, { pattern: "a{1000}".repeat(100) }] }, "parameters.a.anyOf.1.pattern: "],
  ])(
    "that RE2 refuses is refused with the reason when the action is registered: %j",
    async (parameter, text) => {
      await expect(register("evil", { a: parameter })).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringContaining(text),
      });
    },
  );

  it("is matched in time in proportion to the value", async () => {
    await register("slow", {
      cmd: { type: "string", default: "true" },
      a: { type: "string", pattern: "^(a+)+$" },
      b: { type: "object", patternProperties: { "a*a*a*a*b": { type: "string", secret: true } } },
    });
    const long = "a".repeat(100_000);
    expect((await create("slow", { a: long })).status).toBe(201);
    const refused = await create("slow", { a: `${long}!` });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      faultstring: expect.stringContaining("does not match '^(a+)+$'"),
    });
    const created = await create("slow", { b: { [long]: "shown", [`${long}b`]: "hidden-by-a-pattern" } });
    expect(await created.json()).toMatchObject({
      parameters: { b: { [long]: "shown", [`${long}b`]: "********" } },
    });
  });

  it("of an older registration that is refused now refuses its values, and masks possible secrets", async () => {
    await register("older", { a: { type: "string" }, b: { type: "object" } });
    const parameters = {
      a: { type: "string", pattern: "(?=a)" },
      b: { type: "object", patternProperties: { "(?=x)": { secret: true } } },
    };
    await env.INDEX.prepare(
      "UPDATE actions SET document = json_set(document, '$.parameters', json(?)) WHERE pack = 'older'",
    )
      .bind(JSON.stringify(parameters))
      .run();
    const refused = await create("older", { a: "a" });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("a pattern of its schema cannot be matched: it looks ahead");
  });
});

describe("names of events", () => {
  it("are globs that no name makes slow", async () => {
    const glob = `${"*a".repeat(150)}z`;
    const response = await fetchWorker(`${ORIGIN}/stream/v1/stream?events=${glob}`, { headers });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });
});

describe("a search", () => {
  it("for a pattern that RE2 refuses is refused with the reason", async () => {
    await register("searched", { cmd: { type: "string", default: "true" } });
    const { id } = (await (await create("searched", {})).json()) as { id: string };
    const query = new URLSearchParams({ q: "(?=a)", regex: "true" });
    const response = await fetchWorker(`${ORIGIN}/v1/executions/${id}/search?${query}`, { headers });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("it looks ahead or behind");
  });
});
