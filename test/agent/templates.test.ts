import { beforeEach, describe, expect, it } from "vitest";
import { readExact, writeExact } from "../../protocol/base/numbers.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { Template } from "../../protocol/jinja/run/template.ts";
import { TOKEN_STEPS } from "../../protocol/jinja/syntax/tokens.ts";
import type { Parameters } from "../../protocol/model/action.ts";
import { renderParameters } from "../../protocol/templates/render.ts";
import { type Keys, keysOf, Renderer } from "../../protocol/templates/renderer.ts";

const KEYS: Keys = new Map([
  ["system region", { value: "eu-west-1", secret: false }],
  ["system region.name", { value: "Ireland", secret: false }],
  ["system hosts", { value: '["a", "b"]', secret: false }],
  ["system token", { value: "s3cret-token", secret: true }],
  ["user region", { value: "my own", secret: false }],
  ["user denied", { value: "", secret: false, denied: "The pool is not granted it." }],
]);

let renderer: Renderer;
beforeEach(() => {
  renderer = new Renderer(KEYS);
});

/** Renders values over a schema, with the other values that templates may refer to. */
function render(values: Record<string, unknown>, schema: Parameters = {}): Record<string, unknown> {
  const context = {
    action_context: { user: "ada", pack: "mine", parent: { pack: "flows" } },
    config_context: { url: "http://127.0.0.1", limits: { cpu: 2 } },
  };
  return renderParameters(schema, values, context, renderer);
}

/** The text that a template gives, over parameters of every type. */
function text(template: string): unknown {
  const values = {
    n: 5,
    f: 1.5,
    yes: true,
    s: "abc",
    list: [1, "x"],
    object: { a: { b: "c" } },
    t: template,
  };
  return render(values, { none: {} }).t;
}

/** The value that a template gives, cast to a type. */
function value(type: string, template: string): unknown {
  return render({ s: "abc", list: [1, "x"], object: { a: 1 }, n: 5, yes: true, v: template }, { v: { type } })
    .v;
}

describe("a template", () => {
  it("sees parameters, the action's context, the pack's configuration and the key-value table", () => {
    expect(
      text(
        "{{ s }} {{ action_context.parent.pack }} {{ config_context.limits.cpu }} {{ st2kv.system.region }}",
      ),
    ).toBe("abc flows 2 eu-west-1");
  });

  it("takes linear time among many that refer to each other", () => {
    const count = 20_000;
    const names = Array.from({ length: count }, (_, at) => `p${at}`);
    const line = Object.fromEntries(names.map((name, at) => [name, at === 0 ? "x" : `{{ p${at - 1} }}`]));
    expect(render(line)[`p${count - 1}`]).toBe("x");
  });

  it("counts as work when it is read, and each text is read once", () => {
    expect(() => new Template("{{ a }}", new Steps(TOKEN_STEPS))).toThrow("more steps than allowed");
    expect(new Template("{{ a }}", new Steps(10 * TOKEN_STEPS)).names).toEqual(new Set(["a"]));
    // Twenty readings of this text would take more than all steps.
    const long = `{{ [${"1,".repeat(30_000)}] | length }}`;
    const values = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`p${at}`, long]));
    expect(new Set(Object.values(render(values)))).toEqual(new Set(["30000"]));
  });

  it("may be a parameter with the name of a part of JavaScript's objects", () => {
    const values = JSON.parse(
      '{"__proto__": "{{ a }}", "a": "1", "b": "{{ toString }}2", "toString": "{{ a }}3"}',
    );
    expect(JSON.stringify(render(values))).toBe('{"__proto__":"1","a":"1","b":"132","toString":"13"}');
  });

  it("is rendered after the templates that it refers to, in any order", () => {
    expect(render({ c: "{{ b }}3", a: "1", b: "{{ a }}2" })).toEqual({ a: "1", b: "12", c: "123" });
  });

  it.each([
    ["itself", { a: "{{ a }}" }, "a"],
    ["each other", { b: "{{ a }}", a: "{{ b }}", c: "1" }, "a, b"],
  ])("that refers to %s is refused", (_, values, names) => {
    expect(() => render(values)).toThrow(
      `Cyclic dependency found in the following variables: ${names}. Likely the variable is referencing itself`,
    );
  });

  it.each([
    "{{ ABSENT }}",
    "x {{ ABSENT | upper }}",
    "{{ ABSENT | default(1) }}",
    "{% if ABSENT %}x{% endif %}",
    "{{ ABSENT.a.b }}",
  ])("that refers to an unknown name is refused with that name: %s", (template) => {
    expect(() => text(template)).toThrow('Dependency unsatisfied in variable "ABSENT"');
  });

  it("that reads a missing attribute is refused with the attribute's name", () => {
    expect(() => text("{{ object.z }}")).toThrow(
      `Failed to render parameter "t": 'dict object' has no attribute 'z'`,
    );
  });

  it.each([
    ["{{ n }} {{ f }} {{ yes }} {{ none }}", "5 1.5 True None"],
    ["{{ list }} {{ object }}", "[1, 'x'] {'a': {'b': 'c'}}"],
    ["{{ object }}", "{'a': {'b': 'c'}}"],
    [" {{ s }} ", " abc "],
    ["{{ s }}\n", "abc"],
    ["{% if yes %}\n  on\n{% endif %}\nend", "  on\nend"],
    ["{# a comment #}{{ s }}", "abc"],
    ["{% raw %}{{ s }}{% endraw %}", "{{ s }}"],
    ["{{ '}}' }}", "}}"],
    ["{{ {'a': {'b': s}} }}", "{'a': {'b': 'abc'}}"],
    ["{% set x = s %}{% for i in list %}{{ i }}{{ x }}{{ loop.index }}{% endfor %}", "1abc1xabc2"],
    ["{{ s if yes else n }}{{ s ~ n }}{{ s[0] }}{{ 'b' in s }}", "abcabc5aTrue"],
    ["{{ object.gone | default('d') }}{{ object.gone is defined }}", "dFalse"],
    ["{{ s.upper() }} {{ s.split('b') }}", "ABC ['a', 'c']"],
  ])("prints what Jinja prints in Python: %j", (template, printed) => {
    expect(text(template)).toBe(printed);
  });

  it.each(["docker ps --format '{{.Names}}'", "{{ s }", "{{ s", "awk '{print $1}{{'", "{% nothing %}"])(
    "with broken syntax stays plain text: %s",
    (template) => {
      expect(text(template)).toBe(template);
    },
  );

  it("that is one expression without a value leaves its parameter out", () => {
    expect(render({ a: "{{ none }}", b: "{{ none | use_none }}" }, { none: {} })).toEqual({});
    expect(value("integer", "{{ none | default(none) }}")).toBeUndefined();
  });

  it("inside a list or an object is rendered there; a bare name keeps its type", () => {
    expect(render({ n: 5, deep: { list: ["{{n}}", "{{ n }}", "n={{ n }}", 1], no: null } })).toEqual({
      n: 5,
      deep: { list: [5, "5", "n=5", 1], no: null },
    });
  });
});

describe("casts", () => {
  it.each([
    ["string", "{{ n }}", "5"],
    ["string", "{{ yes }}", "True"],
    ["integer", "{{ n }}", 5],
    ["integer", "1{{ n }}", 15],
    ["number", "{{ n }}.25", 5.25],
    ["boolean", "{{ yes }}", true],
    ["boolean", "{% if not yes %}true{% endif %}", false],
    ["boolean", "{{ 'off' }}", false],
    ["array", "{{ list }}", [1, "x"]],
    ["array", "[{{ n }}, {{ list }}]", [5, [1, "x"]]],
    ["array", "{{ st2kv.system.hosts }}", ["a", "b"]],
    ["object", "{{ object }}", { a: 1 }],
    ["object", '{"s": "{{ s }}"}', { s: "abc" }],
    [
      "object",
      `{'s': "it's {{ s }}", 'n': None, 'l': (True, -1.5,),}`,
      { s: "it's abc", n: null, l: [true, -1.5] },
    ],
  ])("convert to %s: %s", (type, template, wanted) => {
    expect(value(type, template)).toEqual(wanted);
  });

  it.each([
    ["integer", "{{ s }}", "abc"],
    ["number", "{{ s }}", "abc"],
    ["boolean", "{{ s }}", "abc"],
    ["array", "{{ s }},b", "abc,b"],
    ["object", "{{ list }} ", "[1, 'x']"],
    ["object", "{'a': {{ s }}}", "{'a': abc}"],
  ])("to %s refuse other values: %s", (type, template, shown) => {
    const refused = () => {
      const cast = value(type, template);
      if (Array.isArray(cast)) throw new Error(`rendered to "[1, 'x']", which is not of type 'object'`);
      return cast;
    };
    expect(refused).toThrow(`rendered to "${shown}", which is not of type '${type}'`);
  });

  it("do not show a secret in their error", () => {
    const schema: Parameters = { pin: { type: "integer", secret: true } };
    expect(() => render({ pin: "{{ st2kv.system.token | decrypt_kv | upper }}" }, schema)).toThrow(
      `Parameter "pin" rendered to "********", which is not of type 'integer'`,
    );
  });
});

describe("the pack's configuration", () => {
  const context = {
    action_context: {},
    config_context: { url: "u", api: { token: "hidden" } },
    shown_config: { url: "u", api: {} },
  };
  const schema: Parameters = {
    token: { type: "string", default: "{{ config_context.api.token }}" },
    cmd: { type: "string" },
  };
  const renderGiven = (values: Record<string, unknown>) =>
    renderParameters(schema, values, context, renderer);

  it("is complete for the defaults of an action, and lacks its secrets for a user's values", () => {
    expect(renderGiven({ token: "{{ config_context.api.token }}", cmd: "{{ config_context.url }}" })).toEqual(
      {
        token: "hidden",
        cmd: "u",
      },
    );
    for (const cmd of ["{{ config_context.api.token }}", "{{ config_context['api']['token'] }}"])
      expect(() => renderGiven({ cmd })).toThrow(
        /^Failed to render parameter "cmd": 'dict object' has no attribute/,
      );
    expect(renderGiven({ cmd: "{{ config_context | tojson }}" })).toEqual({ cmd: '{"api": {}, "url": "u"}' });
  });
});

describe("the key-value table", () => {
  it("is asked only for the keys that templates read", () => {
    const values = {
      a: "{{ st2kv.system.a.b | upper }} and 'st2kv.system.text' of no template",
      list: [
        "{{ st2kv.system['with-dash'] }}",
        "{{ st2kv.system.c.split(',') }}",
        "{{ 'st2kv.system.quoted' }}",
      ],
    };
    expect(keysOf(values)).toEqual([
      { scope: "system", name: "a.b" },
      { scope: "system", name: "with-dash" },
      { scope: "system", name: "c" },
    ]);
    expect(
      keysOf("{{ st2kv.user.a.b }} {{ st2kv.user['c'] }} {{ st2kv.system.c }} {{ st2kv.user.a.b }}"),
    ).toEqual([
      { scope: "user", name: "a.b" },
      { scope: "user", name: "c" },
      { scope: "system", name: "c" },
    ]);
  });

  it("has the user's own keys beside the shared ones", () => {
    expect(text("{{ st2kv.user.region }} {{ st2kv.system.region }} [{{ st2kv.user.hosts }}]")).toBe(
      "my own eu-west-1 []",
    );
  });

  it("gives the reason where a template reads a key that the run may not have", () => {
    for (const template of ["{{ st2kv.user.denied }}", "{{ st2kv.user.denied | default('x') }}"])
      expect(() => text(template)).toThrow('Failed to render parameter "t": The pool is not granted it.');
  });

  it("tells a key from a longer key with the same beginning", () => {
    expect(text("{{ st2kv.system.region }} {{ st2kv.system.region.name }}")).toBe("eu-west-1 Ireland");
  });

  it("gives an empty text for a missing key", () => {
    expect(text("[{{ st2kv.system.gone }}]")).toBe("[]");
    expect(() => text("{{ st2kv.system.gone | decrypt_kv }}")).toThrow(
      `Failed to render parameter "t": decrypt_kv: the key doesn't exist, or it contains an empty string`,
    );
  });

  it("opens a secret for decrypt_kv only", () => {
    expect(text("{{ st2kv.system.token | decrypt_kv }}")).toBe("s3cret-token");
    expect(text("{{ st2kv.system.token }}")).not.toContain("s3cret");
    expect(() => text("{{ s | decrypt_kv }}")).toThrow("not an encrypted value");
  });

  it("has values that can be read as JSON", () => {
    expect(text("{{ (st2kv.system.hosts | from_json_string)[1] }}")).toBe("b");
  });
});

describe("filters", () => {
  it.each([
    ["'/a/b.c' | basename", "b.c"],
    ["'/a/b/' | basename", ""],
    ["'/a/b.c' | dirname", "/a"],
    ["'b.c' | dirname", ""],
    [`('{"k": [1, true]}' | from_json_string).k[1]`, "True"],
    ["('k: [1, no]' | from_yaml_string).k[1]", "False"],
    ["{'b': 1, 'a': [true, none]} | to_json_string", '{"b": 1,"a": [true,null]}'],
    [
      "{'b': 1, 'a': [2]} | to_json_string(indent=2, sort_keys=true)",
      '{\n  "a": [\n    2\n  ],\n  "b": 1\n}',
    ],
    ["'é\"' | to_json_string", '"\\u00e9\\""'],
    ["{'b': ['x'], 'a': 'y'} | to_yaml_string", "a: y\nb:\n- x\n"],
    ["{'a': [1, s]} | to_complex", '{"a": [1, "abc"]}'],
    ["'say \"hi\"\\n' | json_escape", 'say \\"hi\\"\\n'],
    ["{'a': [{'b': 1}, {'b': 2}]} | jsonpath_query('a[*].b')", "[1, 2]"],
    ["{'a': 1} | jsonpath_query('$.z')", "None"],
    ["none | use_none", "%*****__%NONE%__*****%"],
    ["s | use_none", "abc"],
    ["s | regex_match('B')", "False"],
    ["s | regex_match('A.', ignorecase=true)", "True"],
    ["s | regex_match('b')", "False"],
    ["s | regex_search('b')", "True"],
    ["n | regex_search('(?i)5')", "True"],
    ["'a1b2' | regex_replace('(?P<d>[0-9])', '<\\\\g<d>>')", "a<1>b<2>"],
    ["'a$b' | regex_replace('b', '$&\\\\g<0>')", "a$$&b"],
    ["'ab12cd34' | regex_substring('[0-9]+')", "12"],
    ["'ab12cd34' | regex_substring('[a-z]+([0-9]+)', 1)", "34"],
    ["0 | to_human_time_from_seconds", "0s"],
    ["59 | to_human_time_from_seconds", "59s"],
    ["3600 | to_human_time_from_seconds", "1h0m0s"],
    ["90061.4 | to_human_time_from_seconds", "1d1h1m1s"],
    ["'1.2.3' | version_compare('1.10.0')", "-1"],
    ["'1.2.3' | version_more_than('1.2.2')", "True"],
    ["'1.2.3' | version_less_than('1.2.2')", "False"],
    ["'1.2.3' | version_equal('1.2.3')", "True"],
    ["'1.2.3' | version_match('>=1.2.0')", "True"],
    ["'1.2.3' | version_match('!=1.2.3')", "False"],
    ["'1.2.3' | version_bump_major", "2.0.0"],
    ["'1.2.3' | version_bump_minor", "1.3.0"],
    ["'1.2.3' | version_bump_patch", "1.2.4"],
    ["'1.2.3' | version_strip_patch", "1.2"],
    ["'%s has %d of %05.2f%%' | format(s, n, f)", "abc has 5 of 01.50%"],
    ["s | center(7)", "  abc  "],
    ["'a b/c' | urlencode", "a%20b/c"],
    ["{'a': 1, 'b': 'c d'} | urlencode", "a=1&b=c+d"],
    ["{'b': '<', 'a': [1]} | tojson", '{"a": [1], "b": "\\u003c"}'],
    ["'one two' | wordcount", "2"],
    ["[7] | random", "7"],
    ["'one two three four' | truncate(12)", "one two..."],
    ["'one two three four' | truncate(12, true, '.')", "one two thr."],
    ["[3, 1] | sort | join('-')", "1-3"],
    ["s | replace('b', 'B') | upper | length", "3"],
  ])("evaluate %s", (expression, printed) => {
    expect(text(`>{{ ${expression} }}<`)).toBe(`>${printed}<`);
  });

  it.each([
    ["'{' | from_json_string", "from_json_string: the value is not JSON"],
    ["'a: [' | from_yaml_string", "from_yaml_string: the value is not YAML"],
    ["'x' | version_compare('1.0.0')", "x is not valid SemVer string"],
    ["s | regex_search('(')", "regex_search: the pattern cannot be matched: missing closing )"],
    ["s | regex_substring('z')", "list index out of range"],
    ["s | no_such_filter", "No filter named 'no_such_filter'."],
  ])("that fail give the reason, and later filters still work: %s", (expression, reason) => {
    expect(() => text(`{{ ${expression} }}`)).toThrow(`Failed to render parameter "t": ${reason}`);
    expect(text("{{ s }}")).toBe("abc");
  });
});

describe("a number with more digits than a double", () => {
  const NUMBERS =
    '{"id":9007199254740993,"list":[18446744073709551617,2.50],"price":1.0,"tiny":0.1000000000000000055}';

  /** The JSON that a template gives over these numbers. */
  function over(template: string, type?: string): string {
    const values = { x: readExact(NUMBERS), t: template };
    return writeExact(render(values, type === undefined ? {} : { t: { type } }).t);
  }

  it.each([
    ["{{ x.id }} {{ x.price }} {{ x.tiny }}", "9007199254740993 1.0 0.1000000000000000055"],
    ["{{ x.list }}", "[18446744073709551617, 2.5]"],
    ["{% for n in x.list %}{{ n }};{% endfor %}", "18446744073709551617;2.5;"],
    ["{{ x.list | join('/') }} {{ x.price ~ '!' }}", "18446744073709551617/2.5 1.0!"],
    [
      "{{ x | to_json_string }}",
      '{"id": 9007199254740993,"list": [18446744073709551617,2.5],"price": 1.0,"tiny": 0.1000000000000000055}',
    ],
    ["{{ x.list | to_yaml_string }}", "- 18446744073709551617\n- 2.5\n"],
    ["{{ x | jsonpath_query('list[*]') }}", "[18446744073709551617, 2.5]"],
    ["{{ '[1.0, 9007199254740993]' | from_json_string }}", "[1.0, 9007199254740993]"],
    ["{{ x.missing | default(x.price) }}", "1.0"],
  ])("keeps its digits in %s", (template, printed) => {
    expect(over(template)).toBe(JSON.stringify(printed));
  });

  it.each([
    ["{{ x.id + 1 }}", "9007199254740994"],
    ["{{ x.id == 9007199254740993 }} {{ x.id > 9007199254740992 }}", "True True"],
    ["{{ x.price * 2 }} {{ x.price | int }}", "2.0 1"],
    ["{% if x.id %}{{ x.id }}{% endif %}", "9007199254740993"],
  ])("is calculated with in %s", (template, printed) => {
    expect(over(template)).toBe(JSON.stringify(printed));
  });

  it.each([
    ["integer", "{{ x.id }}", "9007199254740993"],
    ["integer", "{{ x.id + 2 }}", "9007199254740995"],
    ["integer", "{{ x.price }}", "1"],
    ["number", "{{ x.price }}", "1.0"],
    ["array", "{{ x.list }}", "[18446744073709551617,2.50]"],
    ["object", "{{ x }}", NUMBERS],
  ])("keeps its digits as the type %s in %s", (type, template, value) => {
    expect(over(template, type)).toBe(value);
  });
});

describe("the sandbox", () => {
  it.each([
    "s.constructor",
    "object.__proto__",
    "object.constructor.constructor('return process')()",
    "''.__class__.__mro__",
    "process.env",
    "globalThis",
    "require('fs')",
    "debug()",
  ])("offers no way out: %s", (expression) => {
    expect(() => text(`{{ ${expression} }}`)).toThrow(/unsafe|has no attribute|Dependency unsatisfied/);
  });

  it.each([
    "{% include '/etc/hostname' %}",
    "{% import '/etc/hostname' as x %}",
    "{% extends '/etc/hostname' %}",
  ])("reads no file: %s", (template) => {
    expect(() => text(template)).toThrow(/no loader for this environment/);
  });

  it("treats names of the language itself as plain names, also in values", () => {
    const tricky = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    expect(render({ tricky, t: "{{ tricky.constructor }}" }).t).toBe("2");
    expect({}).not.toHaveProperty("polluted");
  });

  it.each([
    [
      "{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}",
      "takes more steps than allowed",
    ],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "its values or calls are nested too deep"],
    ["{% for i in range(100000000) %}{% endfor %}", "Range too big"],
    ["{{ ('a' * 100000) | regex_replace('a.*[yz]|a', 'b') }}", "takes more steps than allowed"],
    [
      "{{ ('[' ~ '[1, 2], ' * 1000 ~ '0]') | from_json_string | jsonpath_query('$[?$..[?$..[?$..x]]]') }}",
      "takes more steps than allowed",
    ],
    ["{% for i in range(900) %}{{ s * 2000 }}{% endfor %}", "its text has more than 1048576 characters"],
  ])("stops an endless template, and goes on to work: %s", (template, reason) => {
    expect(() => text(template)).toThrow(reason);
    const another = new Renderer(KEYS);
    expect(another.text("{{ st2kv.system.region }}", {})).toBe("eu-west-1");
  });

  it.each([
    "x | to_json_string(indent=20)",
    "x | tojson(indent=20)",
    "x | to_yaml_string(indent=20)",
    "x | to_yaml_string",
    "lines | to_yaml_string(indent=20)",
    "words | to_yaml_string(indent=20)",
    "signs | to_json_string",
    "signs | json_escape",
    "signs | to_complex",
    "signs | urlencode",
    "{'a': signs, 'b': signs} | urlencode",
    "('<' * 1000000) | tojson",
    "('a' * 1000000) | regex_replace('a+', '\\\\g<0>' * 1000)",
    "('a' * 1000000) | regex_replace('a', '<<<<<<<<<>')",
    "('%s' * 10) | format(signs, signs, signs, signs, signs, signs, signs, signs, signs, signs)",
    "[signs * 5] | to_complex",
    "[signs] * 1000",
    "[[[signs] * 100] * 100] | to_complex",
  ])("makes no text that is too large for the process: %s", (expression) => {
    const zeros: unknown = Array.from({ length: 150_000 }, () => 0);
    const nested = (inner: unknown) => Array.from({ length: 98 }).reduce((value) => [value], inner);
    const values = {
      x: nested(zeros),
      lines: nested("a\n".repeat(100_000)),
      words: nested("word ".repeat(40_000)),
      signs: "é".repeat(1_000_000),
      t: `{{ ${expression} }}`,
    };
    expect(() => render(values)).toThrow(
      /the text has more than 4194304 characters|takes more steps than allowed|needs more than 64 MiB/,
    );
  });
});
