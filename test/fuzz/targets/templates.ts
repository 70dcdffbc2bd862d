import { runJob } from "../../../agent/templates/job.ts";
import { writeExact } from "../../../protocol/base/numbers.ts";
import type { Parameters } from "../../../protocol/model/action.ts";
import { must, type Target } from "../target.ts";

const SCHEMA: Parameters = {
  text: { type: "string" },
  whole: { type: "integer" },
  list: { type: "array" },
  inside: { type: "object" },
  other: { type: "string" },
};

/** Templates of parameters and of a configuration, as an agent renders them: into a text, or an error with the reason. */
export const target: Target = {
  covers: [
    "templates/render.ts",
    "templates/renderer.ts",
    "templates/keys.ts",
    "templates/filters.ts",
    "templates/regex-filters.ts",
    "templates/yaml-writer.ts",
    "templates/jsonpath.ts",
    "templates/mapping.ts",
    "jinja/run/",
    "jinja/filters/",
    "jinja/methods/",
    "jinja/operators/",
    "jinja/values/",
    "packs/config.ts",
  ],
  chars_max: 512,
  // A template is a program that ends at the bound of its steps.
  ms_max: 5_000,
  words: [
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{# ",
    " #}",
    "{%- raw %}",
    "{% endraw %}",
    "other",
    "action_context.parameters",
    "config_context.a",
    "st2kv.system.a.b",
    "st2kv.user.secret",
    " | decrypt_kv",
    " | tojson",
    " | from_json_string",
    " | to_yaml_string",
    " | from_yaml_string",
    " | jsonpath_query('$..a')",
    " | regex_replace('(a)', '\\\\1b')",
    " | regex_substring('a', 1)",
    " | format(1, 2)",
    " | truncate(3)",
    " | use_none",
    " | version_match('>=1.0')",
    " | urlencode",
    " | center(5)",
    " | map('upper') | list",
    " | sort | join(',')",
    "range(9)",
    "for i in ",
    "endfor",
    "if ",
    "endif",
    "set x = ",
    "loop.index",
    "9007199254740993",
    "namespace(a=1)",
    "macro m(n)",
    "endmacro",
    "not ",
    " is defined",
    "~",
    "'a' * 9",
    "{{ [1.0, 2] }}",
    ".append(1)",
    ".update({'a': 1})",
    ".split(',')",
    ".format(1, a=2)",
    "'{:>5}'",
    "groupby('a')",
    "[::-1]",
  ],
  seeds: [
    "{{ other }} and {{ other | upper }}",
    "{% for i in range(3) %}{{ i }},{% endfor %}",
    "{{ '{\"a\": [1, 2.50]}' | from_json_string | jsonpath_query('a[*]') | tojson }}",
    "{{ st2kv.system.a.b }} {{ st2kv.user.secret | decrypt_kv }}",
    "{{ 'one two' | regex_replace('(\\w+) (\\w+)', '\\2 \\1') | truncate(5) }}",
    "{{ config_context.a }} {{ action_context.user | default('x') }}",
    "{# comment #}{% raw %}{{ not }}{% endraw %}{% set x = 9007199254740993 %}{{ x + 1 }}",
    "{{ {'a': 1} | to_yaml_string }}{{ 90061 | to_human_time_from_seconds }}",
    "{{ '1.2.3' | version_bump_minor }} {{ '%s-%05.1f' | format('a', 2.5) }}",
  ],
  run: (input) => {
    const answer = runJob({
      pack: {
        ref: "p",
        config: { a: input.slice(0, 64) },
        config_schema: { properties: { a: { type: "string" } } },
      },
      schema: SCHEMA,
      values: { text: input, whole: input, list: input, inside: { a: [input] }, other: "a b" },
      action_context: { user: "u", parameters: { n: new String("1.0") } },
      keys: [
        ["system a.b", { value: "v", secret: false }],
        ["user secret", { value: "s3cret-value", secret: true }],
      ],
    });
    must(
      answer.error === undefined ||
        !/^(?:TypeError|RangeError)|is not a function|undefined \(reading/.test(answer.error),
      "a reason is of the template",
    );
    writeExact(answer);
  },
};
