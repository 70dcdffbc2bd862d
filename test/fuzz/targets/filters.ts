import { parseJson } from "../../../protocol/base/json.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { isStructure, writeExact } from "../../../protocol/base/numbers.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import { FILTERS } from "../../../protocol/jinja/filters/all.ts";
import { Template } from "../../../protocol/jinja/run/template.ts";
import { Budget } from "../../../protocol/jinja/values/budget.ts";
import { TemplateError, UndefinedError } from "../../../protocol/jinja/values/errors.ts";
import { fromJson, toJson } from "../../../protocol/jinja/values/exchange.ts";
import { filtersOf } from "../../../protocol/templates/filters.ts";
import type { Target } from "../target.ts";

/** The steps of one input, which take less time than its limit. */
const STEPS = STEPS_MAX / 64;

/** The filters of templates, by name, with any arguments: a JSON list that begins with the name. */
export const target: Target = {
  covers: [
    "templates/filters.ts",
    "templates/regex-filters.ts",
    "templates/version-filters.ts",
    "templates/yaml-writer.ts",
    "templates/jsonpath.ts",
    "templates/bounded-text.ts",
    "jinja/filters/",
    "jinja/operators/",
  ],
  shape: "json",
  chars_max: 4_096,
  words: [
    "$..a",
    "$[?@.a > 1]",
    "$[?match(@.a, 'b.*')]",
    "$[0,1:5:2]",
    "%s %d %5.2f %x %%",
    "%(a)s",
    "(?P<n>a)|b",
    "\\g<n>",
    "1.2.3-rc1",
    ">=1.0 <2",
    "^1.2.x",
    "indent",
    "sort_keys",
    "ignorecase",
    "result_index",
    "killwords",
    "length",
  ],
  seeds: [
    '["jsonpath_query", {"a": [1, 2.0, {"b": null}]}, "$..b"]',
    '["jsonpath_query", [{"a": "x"}], "$[?@.a == \'x\']"]',
    '["regex_replace", "one two", "(\\\\w+)", "\\\\1!"]',
    '["regex_substring", "a1b2", "\\\\d", {"result_index": 1}]',
    '["regex_match", "abc", "a", {"ignorecase": true}]',
    '["format", "%s is %05.2f%%, %(x)d", "a", 2.5]',
    '["truncate", "a long text here", 5, true, "…", 0]',
    '["version_match", "1.2.3", ">=1.0 <2"]',
    '["version_bump_major", "1.2.3"]',
    '["version_strip_patch", "1.2.3"]',
    '["version_compare", "1.2.3", "1.3"]',
    '["to_yaml_string", {"b": [1, "x: y"], "a": null}, {"indent": 4}]',
    '["tojson", {"b": "<&>\'", "a": 1.50}, {"indent": 2}]',
    '["to_json_string", {"b": 1}, 4, true]',
    '["to_complex", [1]]',
    '["json_escape", "\\"a\\""]',
    '["from_yaml_string", "a: [1, 0644]"]',
    '["from_json_string", "[1.0]"]',
    '["to_human_time_from_seconds", 90061]',
    '["urlencode", {"a b": "ä&"}]',
    '["center", "a", 9]',
    '["wordcount", "a b"]',
    '["random", [1]]',
    '["basename", "/a/b"]',
    '["dirname", "/a//b/"]',
    '["use_none", null]',
  ],
  throws: [SyntaxError, Error, TemplateError, UndefinedError],
  run: (input) => {
    const given = parseJson(input, { depth_max: 100, exact: true });
    if (!Array.isArray(given)) return;
    const [name, ...args] = given;
    const steps = new Steps(STEPS);
    const filters = filtersOf(steps);
    if (typeof name !== "string" || !(Object.hasOwn(filters, name) || Object.hasOwn(FILTERS, name))) return;
    const budget = new Budget(steps);
    const last = args.at(-1);
    const has_named = isStructure(last) && !Array.isArray(last) && args.length > 1;
    const template = new Template(`{{ v | ${name}(*a${has_named ? ", **n" : ""}) }}`);
    const [v, ...rest] = has_named ? args.slice(0, -1) : args;
    const values = { v: fromJson(v, budget), a: fromJson(rest, budget), n: fromJson(last, budget) };
    const { text, value } = template.render({ values, filters, budget });
    writeExact(value === undefined ? text : toJson(value, budget));
  },
};
