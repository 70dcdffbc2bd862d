import { keysOf, templatesIn } from "../../../protocol/templates/renderer.ts";
import { scanTemplate, tokensOf, wholeExpression, withFlatKeys } from "../../../protocol/templates/scan.ts";
import { must, type Target } from "../target.ts";

/** Templates in parts, which together are the whole template. */
export const target: Target = {
  covers: ["templates/scan.ts"],
  words: [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{%- raw -%}",
    "{% endraw %}",
    "\\'",
    '\\"',
    "st2kv.system.a",
    "st2kv.user['b c']",
    "st2kv.system.",
    "{{- ",
    " +%}",
    "set x = ",
    "for a, b in ",
  ],
  seeds: [
    "a {{ b.c | d('}}') }} {% if e is f %}g{% endif %}",
    "{# {{ no }} #}{% raw %}{{ x }}{% endraw %}{{ {'a': {'b': 1}} }}",
    "{{ st2kv.system.a.b.c }}{{ st2kv.user['a b'] }}{{ st2kv.system.x.split(',') }}",
    "{% macro m(n, o=1) %}{{ n }}{% endmacro %}{% with p = 1 %}{% endwith %}",
    "{{ 'it\\'s' ~ \"}}\" }}",
  ],
  run: (input) => {
    const template = scanTemplate(input);
    keysOf({ a: [input] });
    must(templatesIn(input).length <= 1, "a text is one template");
    if (!template) return;
    const parts = template.parts.map((part) =>
      "code" in part ? part.open + part.code + part.close : part.text,
    );
    must(parts.join("") === input, "the pieces are the whole");
    wholeExpression(template);
    for (const part of template.parts) {
      if (!("code" in part)) continue;
      const { code } = part;
      must(
        tokensOf(code).every(({ text, start }) => code.startsWith(text, start)),
        "tokens stand where they say",
      );
      withFlatKeys(code);
    }
  },
};
