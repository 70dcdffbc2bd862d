import { describe, expect, it } from "vitest";
import type { ChainTask } from "../../protocol/model/chain.ts";
import { RenderingError, renderMapping } from "../../protocol/templates/mapping.ts";
import { Renderer } from "../../protocol/templates/renderer.ts";
import { asLiteral } from "../../src/execution/family/chain/templates.ts";

/** Renders a mapping with new limits, as each step of a chain does. */
function render(mapping: ChainTask["parameters"], scope: Record<string, unknown>): Record<string, unknown> {
  return renderMapping(new Renderer(new Map()), mapping, scope);
}

describe("templates in the Worker", () => {
  it("give the values that they give on an agent's host", () => {
    const scope = { t: { stdout: "a\nb\n", result: { list: [1, true, null] } }, n: 3 };
    expect(
      render(
        {
          text: "{{ t.stdout.splitlines() | length }} of {{ n }}",
          list: "{{ t.result.list }}",
          json: "{{ t.result | to_json_string }}",
          plain: 5,
          nested: { deep: ["{{ n + 1 }}", false] },
        },
        scope,
      ),
    ).toEqual({
      text: "2 of 3",
      list: "[1, True, None]",
      json: '{"list": [1,true,null]}',
      plain: 5,
      nested: { deep: ["4", false] },
    });
  });

  it("that need too much do not affect other templates", () => {
    for (const template of [
      "{{ 'x' * 4000000000 }}",
      "{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}",
      "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    ]) {
      expect(() => render({ a: template }, {})).toThrow(RenderingError);
      expect(render({ a: "{{ n }} is well" }, { n: "it" })).toEqual({ a: "it is well" });
    }
  });

  it.each([
    ["(a+)+$", "a".repeat(50_000), "True"],
    ["(a+)+$", `${"a".repeat(50_000)}!`, "False"],
    ["a*a*a*a*b", "a".repeat(50_000), "False"],
    ["((a|ab)+c){2,}", "ab".repeat(20_000), "False"],
    ["(foo|bar)+", "barfoo", "True"],
    ["v(\\\\d+)\\\\.(\\\\d+)", "v1.22", "True"],
    ["[(*+]+x", "((x", "True"],
  ])("match the pattern %s in time in proportion to the text", (pattern, t, found) => {
    expect(render({ a: `{{ t | regex_search("${pattern}") }}` }, { t })).toEqual({ a: found });
  });

  it("have errors that name the cause and the place", () => {
    try {
      render({ good: "x", bad: "{{ absent }}" }, {});
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ key: "bad", template: "{{ absent }}", message: "'absent' is undefined" });
    }
  });

  it("give a text with template marks back unchanged, once it is a literal", () => {
    for (const text of ["{{ a }}", '{% if "x" %}\n', "\n {# c #}{{{{ \\ }}", "{{ '\u2028\u0001' }} é 😀"]) {
      expect(render({ a: asLiteral(text) }, {})).toEqual({ a: text });
    }
  });
});
