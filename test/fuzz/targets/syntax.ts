import { Template } from "../../../protocol/jinja/run/template.ts";
import { TemplateError, TemplateSyntaxError } from "../../../protocol/jinja/values/errors.ts";
import { keysIn } from "../../../protocol/templates/keys.ts";
import { keysOf, templatesIn } from "../../../protocol/templates/renderer.ts";
import { must, type Target } from "../target.ts";

/** Templates, read as statements: the names and the keys that they need. */
export const target: Target = {
  covers: ["jinja/syntax/", "templates/keys.ts"],
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
    " is not divisibleby 3",
    " not in [",
    "(*a, **b)",
    "[1:2:3]",
    " if a else ",
    "call(x) m()",
  ],
  seeds: [
    "a {{ b.c | d('}}') }} {% if e is f %}g{% elif h %}i{% else %}j{% endif %}",
    "{# {{ no }} #}{% raw %}{{ x }}{% endraw %}{{ {'a': {'b': 1}} }}",
    "{{ st2kv.system.a.b.c }}{{ st2kv.user['a b'] }}{{ st2kv.system.x.split(',') }}",
    "{% macro m(n, o=1) %}{{ n }}{% endmacro %}{% with p = 1 %}{% endwith %}{% call(q) m(2) %}{% endcall %}",
    "{{ 'it\\'s' ~ \"}}\" }}{{ 0x1F + 1_000 ** -2.5e-3 // 2 % 3 }}",
    "{% for a, (b, c) in d.items() if a not in e recursive %}{{ loop(f[1:-1]) }}{% else %}x{% endfor %}",
    "{% set a, b = 1, 2 %}{% set n.x | upper %}t{% endset %}{% filter f(1) | g %}{% endfilter %}",
  ],
  throws: [TemplateSyntaxError, TemplateError],
  run: (input) => {
    const { statements, names } = new Template(input);
    must(
      [...names].every((name) => input.includes(name)),
      "a name is in the text",
    );
    keysIn(statements);
    keysOf({ a: [input] });
    must(templatesIn(input).length <= 1, "a text is one template");
  },
};
