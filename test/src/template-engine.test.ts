import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ENGINE_PAGES_MAX, EngineInstance } from "../../protocol/templates/instance.ts";
import type { RenderJob } from "../../src/objects/templates.ts";
import { ENGINE } from "../../src/templates/engine.ts";
import module from "../../src/templates/generated/engine.wasm";
import { makeGlue } from "../../src/templates/generated/glue.js";
import { HOSTILE_TEMPLATES } from "../support/hostile-templates.ts";

/** Renders a text over a scope, in a new object. */
async function render(name: string, template: string, vars: Record<string, unknown> = {}) {
  const scope = { parameters: {}, results: {}, vars, more: {} };
  const job: RenderJob = { kind: "mapping", mapping: { a: template }, scope };
  return env.TEMPLATE_ENGINE.getByName(name).render(JSON.stringify(job), new Map());
}

describe("the module of the template engine", () => {
  it("has a maximum of memory, and counts its steps", () => {
    const { exports } = new WebAssembly.Instance(module, { "./minijinja_js_bg.js": { ...makeGlue() } });
    const memory = exports.memory as WebAssembly.Memory;
    expect(() => memory.grow(ENGINE_PAGES_MAX)).toThrow(RangeError);
    expect(exports.steps).toBeInstanceOf(WebAssembly.Global);
  });

  it("has separate glue code in each instance", () => {
    const [first, second] = [0, 1].map(() => new EngineInstance(module, makeGlue()));
    const [one, other] = [first?.open(), second?.open()];
    expect(first?.run(100_000, () => one?.evalExpr("a + 1", { a: 1 }))).toBe(2);
    expect(second?.run(100_000, () => other?.evalExpr("a + 1", { a: 2 }))).toBe(3);
    expect(first?.run(100_000, () => one?.renderStr("{{ a }}", { a: "still" }))).toBe("still");
  });
});

describe("the object that renders", () => {
  it.each(Object.entries(HOSTILE_TEMPLATES))(
    "stops a template that %s, and renders the next",
    async (name, template) => {
      expect(await render(name, template)).toMatchObject({
        kind: "failed",
        key: "a",
        template,
        reason: expect.stringMatching(/steps|memory|fuel|recursion limit|nest/),
      });
      expect(await render(name, "{{ n }} is well", { n: "it" })).toEqual({
        kind: "rendered",
        values: '{"a":"it is well"}',
      });
    },
  );

  it("discards an engine whose memory has grown", async () => {
    const before = ENGINE.given_up;
    await render("grown", "{{ ('a' * 12000000) | length }}");
    expect(ENGINE.given_up).toBe(before + 1);
    await render("grown", "{{ 1 }}");
    expect(ENGINE.given_up).toBe(before + 1);
  });

  it("gives each job its own steps", async () => {
    const heavy = "{% for i in range(2000) %}{{ range(900) | join(',') | length }}{% endfor %}";
    for (let job = 0; job < 4; job++)
      expect(await render("steps", heavy)).toMatchObject({ kind: "rendered" });
  });
});
