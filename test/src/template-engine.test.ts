import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RenderJob } from "../../src/objects/templates.ts";
import { HOSTILE_TEMPLATES } from "../support/hostile-templates.ts";

/** Renders a text over a scope, in a new object. */
async function render(name: string, template: string, vars: Record<string, unknown> = {}) {
  const scope = { parameters: {}, results: {}, vars, more: {} };
  const job: RenderJob = { kind: "mapping", mapping: { a: template }, scope };
  return env.TEMPLATE_ENGINE.getByName(name).render(JSON.stringify(job), new Map());
}

describe("the object that renders", () => {
  it.each(Object.entries(HOSTILE_TEMPLATES))(
    "stops a template that %s, and renders the next",
    async (name, template) => {
      expect(await render(name, template)).toMatchObject({
        kind: "failed",
        key: "a",
        template,
        reason: expect.stringMatching(/steps|memory|characters|nest/),
      });
      expect(await render(name, "{{ n }} is well", { n: "it" })).toEqual({
        kind: "rendered",
        values: '{"a":"it is well"}',
      });
    },
  );

  it("gives each job its own steps", async () => {
    const heavy = "{% for i in range(2000) %}{{ range(900) | join(',') | length }}{% endfor %}";
    for (let job = 0; job < 4; job++)
      expect(await render("steps", heavy)).toMatchObject({ kind: "rendered" });
  });
});
