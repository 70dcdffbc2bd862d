import { describe, expect, it } from "vitest";
import type { RenderJob } from "../../agent/templates/job.ts";
import { TemplateThreads } from "../../agent/templates/threads.ts";
import { namesWantedIn } from "../../protocol/model/template-names.ts";

const threads = new TemplateThreads();

function job(t: unknown): RenderJob {
  const pack = { ref: "p", config: {}, config_schema: {} };
  return { pack, schema: { t: { type: "object" } }, values: { t: { t } }, action_context: {}, keys: [] };
}

const LONG = "{% set s = 'a' * 4000000 %}";
const STEPS = /more steps than allowed/;
const MEMORY = /MiB of memory/;
const CHARACTERS = /more than \d+ characters/;

/** Renders again and again what costs little by itself, if it is counted wrong. */
function often(expression: string): string {
  return `{% for i in range(100000) %}{% for j in range(100) %}{% if ${expression} %}{% endif %}{% endfor %}{% endfor %}`;
}

/** A short template, by a name, with how it must end: a thread that is stopped for its time or its memory is a failure. */
const COSTS: [name: string, template: string, expected: RegExp][] = [
  ["a part of a range", often("range(100000)[50:60]"), MEMORY],
  ["all items of a range as arguments", often("cycler(*range(100000))"), MEMORY],
  ["a question about a long text", LONG + often("s.isalnum()"), STEPS],
  ["the letters of a long text", LONG + often("s.swapcase()"), STEPS],
  [
    "the words of a long text",
    `${LONG}{% set s = s | replace('aa', 'a ') %}${often("s | wordcount")}`,
    STEPS,
  ],
  ["a long list of beginnings", `{% set b = ('b',) * 1000000 %}${often("'a'.startswith(b)")}`, STEPS],
  ["a long name of an attribute", `${LONG}${often("[] | sum(attribute='a.' * 1000000)")}`, STEPS],
  [
    "a long path in a text's format",
    `{% set f = '{0' ~ '.real' * 800000 ~ '}' %}${often("f.format(1)")}`,
    STEPS,
  ],
  [
    "many named values for each item",
    `{% set d = {} %}{% for i in range(20000) %}{% set _ = d.update({'a' ~ i: i}) %}{% endfor %}{{ (['a'] * 100000) | map('format', **d) | list | length }}`,
    MEMORY,
  ],
  ["digits in groups", `{% set n = 10 ** 4299 %}${often("'{:,}'.format(n)")}`, STEPS],
  ["a part that is almost everywhere in a text", "{{ 'ab' ~ 'a' * 100000 in 'a' * 2000000 }}", STEPS],
  ["the place of such a part", "{{ ('a' * 2000000).rfind('ab' ~ 'a' * 100000) }}", STEPS],
  [
    "the replacement of such a part",
    "{{ ('a' * 2000000) | replace('ab' ~ 'a' * 100000, '') | length }}",
    STEPS,
  ],
  ["keys of a format that do not end", "{{ ('%(' * 1000000) % {} }}", /incomplete format key/],
  ["digits that are no number", "{{ ('1' * 2000000 ~ 'x') | float }}", /^$/],
  [
    "tuples in tuples as a key",
    "{% set n = namespace(t=(1, 1)) %}{% for i in range(60) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} }}",
    /key has at most/,
  ],
  [
    "whole numbers with one hash",
    "{% set d = {} %}{% for i in range(100000) %}{% set _ = d.update({i * 2 ** 64: 1}) %}{% endfor %}{{ d | length == 100000 }}",
    /^$/,
  ],
  ["whole numbers as JSON", "{{ ([10 ** 4299] * 1000000) | tojson }}", MEMORY],
  ["signs in quotes of YAML", `{% set s = '\\u0001' * 1000000 %}${often("s | to_yaml_string")}`, STEPS],
  ["tags and entities", `{% set s = '&lt;<b>' * 500000 %}${often("s | striptags")}`, STEPS],
  ["generators that are kept", `{% set l = [] %}${often("l.append([] | map('int'))")}`, MEMORY],
  ["a wide tab", "{{ ('\\t' * 4000000).expandtabs(100) }}", CHARACTERS],
  ["a long sign to pad with", "{{ 'a'.ljust(100000, 'x' * 4000) }}", /exactly one character/],
  ["long ends of lines", "{{ ('a ' * 5000) | wordwrap(1, wrapstring='x' * 90000) }}", CHARACTERS],
  ["a long indent", "{{ [[[[[[[[[[1]]]]]]]]]] | tojson(indent='x' * 4000000) }}", CHARACTERS],
  ["long separators", "{{ ([1] * 10000) | to_json_string(separators=['x' * 45000, ':']) }}", CHARACTERS],
  ["a long key before lines", "{{ {'k' * 400000: [1000000] * 1000} | pprint }}", CHARACTERS],
  [
    "bytes that are kept",
    "{% set l = [] %}{% for i in range(100) %}{% set _ = l.append(('é' * 2000000).encode()) %}{% endfor %}",
    MEMORY,
  ],
  [
    "methods that are kept",
    "{% set l = [] %}{% for i in range(100) %}{% set _ = l.append(('é' * 2000000).upper) %}{% endfor %}",
    MEMORY,
  ],
  [
    "empty objects",
    "{% set l = [] %}{% for i in range(100000) %}{% set _ = l.extend([{}, {}, {}, {}, {}, {}, {}, {}]) %}{% endfor %}",
    MEMORY,
  ],
  ["empty objects of JSON", "{{ ('[' ~ '{},' * 1000000 ~ '1]') | from_json_string | length }}", MEMORY],
  [
    "a value that is in itself many times",
    "{% set n = namespace(t=[1]) %}{% for i in range(24) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ {'a': n.t} | jsonpath_query('a') | length }}",
    MEMORY,
  ],
  [
    "texts that macros forget",
    "{% macro m(x) %}{% set x = 1 %}{% endmacro %}{% set s = 'a' * 1000000 %}{% for i in range(100) %}{{ m(s) }}{% endfor %}{% set l = [] %}{% for i in range(60) %}{% set _ = l.append(s ~ i) %}{% endfor %}",
    MEMORY,
  ],
];

describe("a short template cannot cost much more than it is counted for", () => {
  it.each(COSTS)("%s", { timeout: 120_000 }, async (_, template, expected) => {
    expect((await threads.render(job(template))).error ?? "").toMatch(expected);
  });

  it("reads which names many branches expect in a time that grows with their number", () => {
    const branches = Array.from({ length: 20_000 }, (_, at) => `{% elif a${at} %}{% set b${at} = 1 %}`).join(
      "",
    );
    const ifs = Array.from({ length: 20_000 }, (_, at) => `{% if c${at} %}{% endif %}`).join("");
    expect(namesWantedIn(`{% if a %}${branches}{% endif %}${ifs}`).size).toBe(60_001);
  });

  it("reads a float of many digits in a time that grows with their number", async () => {
    const template = `{{ ('1.' ~ '0' * 1000000 ~ '1') | from_json_string | string | length }}`;
    expect(await threads.render(job(template))).toMatchObject({ values: { t: { t: "1000003" } } });
  });
});
