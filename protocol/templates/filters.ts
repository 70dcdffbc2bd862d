import { TailraceError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { VALUE_DEPTH_MAX } from "../base/limits.ts";
import type { Steps } from "../base/steps.ts";
import { trimmedEnd } from "../base/trim.ts";
import { readYaml } from "../base/yaml.ts";
import { indentOf } from "../jinja/filters/html.ts";
import { jsonText } from "../jinja/filters/json.ts";
import { isTrue } from "../jinja/values/compare.ts";
import { TemplateError } from "../jinja/values/errors.ts";
import { fromJson, toJson } from "../jinja/values/exchange.ts";
import { listOf } from "../jinja/values/iterate.ts";
import { textIn } from "../jinja/values/numbers.ts";
import { textOf } from "../jinja/values/print.ts";
import { type Native, native, type Run } from "../jinja/values/run.ts";
import { typeName } from "../jinja/values/types.ts";
import type { Value } from "../jinja/values/values.ts";
import { humanTime } from "./human-time.ts";
import { queryValues } from "./jsonpath.ts";
import { regexFilters } from "./regex-filters.ts";
import { VERSION_FILTERS } from "./version-filters.ts";
import { yamlText } from "./yaml-text.ts";

/** The text that `use_none` writes for null, because a text cannot hold null. */
const NONE = "%*****__%NONE%__*****%";

/** Whether a rendered text stands for null. */
export function isNone(text: unknown): boolean {
  return text === NONE;
}

/**
 * StackStorm's own filters, except `decrypt_kv`. `steps` pays for their work beyond reading their arguments once.
 */
export function filtersOf(steps: Steps): Record<string, Native> {
  return {
    ...FILTERS,
    ...VERSION_FILTERS,
    ...regexFilters(steps),
    from_yaml_string: native("from_yaml_string", "value", ({ budget }, value: Value) => {
      const text = textOf(value, budget);
      steps.spend(text.length * YAML_STEPS);
      return fromJson(
        readText("from_yaml_string", "YAML", () => readYaml(text).document.toJS({ mapAsMap: true })),
        budget,
      );
    }),
    to_yaml_string: native(
      "to_yaml_string",
      "value indent? allow_unicode?",
      ({ budget }, value: Value, indent: Value = null, unicode: Value = true) =>
        yamlText(
          value,
          { indent: spacesIn(indent), has_unicode: unicode === null || isTrue(unicode) },
          budget,
        ),
    ),
    jsonpath_query: native("jsonpath_query", "value query", ({ budget }, value: Value, query: Value) => {
      const found = queryValues(textOf(query, budget), toJson(value, budget), steps);
      return found.length === 0 ? null : found.map((one) => fromJson(one, budget));
    }),
  };
}

/** Steps for one character of YAML. */
const YAML_STEPS = 128;

const FILTERS: Record<string, Native> = {
  basename: native("basename", "path", (_, path: Value) => {
    const text = pathIn(path);
    return text.slice(text.lastIndexOf("/") + 1);
  }),
  dirname: native("dirname", "path", (_, path: Value) => dirname(pathIn(path))),
  from_json_string: native("from_json_string", "value", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    return fromJson(
      readText("from_json_string", "JSON", () =>
        parseJson(text, { depth_max: VALUE_DEPTH_MAX, exact: true }),
      ),
      budget,
    );
  }),
  to_json_string: native(
    "to_json_string",
    "value indent? sort_keys? separators?",
    (run, value: Value, indent: Value = null, sort_keys: Value = false, separators: Value = null) => {
      const [comma, colon] = separatorsIn(run, separators);
      return jsonText(
        value,
        { indent: indentOf(indent), sort_keys: isTrue(sort_keys), comma, colon },
        run.budget,
      );
    },
  ),
  to_complex: native("to_complex", "value", ({ budget }, value: Value) => jsonText(value, LINE, budget)),
  json_escape: native("json_escape", "value", ({ budget }, value: Value) =>
    jsonText(value, LINE, budget).replace(/^"+/, "").replace(/"+$/, ""),
  ),
  use_none: native("use_none", "value", (_, value: Value) => value ?? NONE),
  to_human_time_from_seconds: native("to_human_time_from_seconds", "seconds", (_, seconds: Value) =>
    humanTime(seconds),
  ),
};

/** JSON in one line, as Python writes it by itself. */
const LINE = { comma: ", ", colon: ": " };

function separatorsIn(run: Run, separators: Value): [comma: string, colon: string] {
  if (separators === null) return [",", ": "];
  const [comma = "", colon = ""] = listOf(separators, run.budget).map((one) => textOf(one, run.budget));
  return [comma, colon];
}

function spacesIn(indent: Value): number | undefined {
  return indentOf(indent)?.length;
}

/** Reads a text. A parser's reason is dropped, because it may quote a secret. */
function readText(filter: string, kind: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new TemplateError(`${filter}: the value is not ${kind}`);
  }
}

function pathIn(path: Value): string {
  const text = textIn(path);
  if (text !== undefined) return text;
  throw new TemplateError(`expected str, bytes or os.PathLike object, not ${typeName(path)}`);
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  return trimmedEnd(head, "/") || head;
}
