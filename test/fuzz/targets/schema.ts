import { safeParse } from "valibot";
import { parseJson } from "../../../protocol/base/json.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { isStructure, nearest } from "../../../protocol/base/numbers.ts";
import { PatternError } from "../../../protocol/base/pattern.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import { type ActionSpec, Parameters } from "../../../protocol/model/action.ts";
import { castParameters, resolveParameters } from "../../../protocol/model/parameters.ts";
import { RUNNER_TYPES } from "../../../protocol/model/runners.ts";
import { secretValues } from "../../../protocol/model/subschema.ts";
import { misfitOf } from "../../../protocol/schema/check.ts";
import { schemaProblem } from "../../../protocol/schema/subschemas.ts";
import { must, type Target } from "../target.ts";

/** The steps of one input, which take less time than its limit. */
const STEPS = STEPS_MAX / 64;

/** A value and the schema of an action's parameters that it is checked against, as `{"schema": …, "value": …}`. */
export const target: Target = {
  covers: [
    "schema/check.ts",
    "schema/subschemas.ts",
    "schema/formats.ts",
    "schema/canonical.ts",
    "protocol/model/subschema.ts",
    "protocol/model/parameters.ts",
    "protocol/model/start.ts",
    "protocol/model/arguments.ts",
    "protocol/model/casts.ts",
  ],
  shape: "json",
  chars_max: 4_096,
  words: [
    "type",
    "string",
    "integer",
    "object",
    "array",
    "null",
    "properties",
    "patternProperties",
    "additionalProperties",
    "items",
    "additionalItems",
    "required",
    "dependencies",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "$ref",
    "#/definitions/a",
    "#",
    "definitions",
    "pattern",
    "^a+$",
    "format",
    "date-time",
    "ipv6",
    "uri",
    "email",
    "hostname",
    "uuid",
    "enum",
    "minimum",
    "exclusiveMinimum",
    "multipleOf",
    "minLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "secret",
    "position",
    "immutable",
    "default",
    "cmd",
    "env",
    "kwarg_op",
    "{{ x }}",
  ],
  seeds: [
    {
      schema: {
        type: "object",
        properties: { a: { type: "string", pattern: "^x", required: true, secret: true } },
        additionalProperties: false,
      },
      value: { a: "xy", b: 1 },
    },
    {
      schema: {
        type: "array",
        items: [{ type: "integer" }],
        additionalItems: { $ref: "#/definitions/a" },
        definitions: { a: { minimum: 3, multipleOf: 0.1, exclusiveMinimum: true } },
        uniqueItems: true,
      },
      value: [1, 3.3, 4],
    },
    {
      schema: {
        oneOf: [{ type: "string", format: "ipv6" }, { type: ["null", "number"] }],
        not: { enum: [5] },
      },
      value: "::ffff:1.2.3.4",
    },
    {
      schema: {
        anyOf: [{ format: "date-time" }, { format: "email" }, { format: "uri" }, { format: "uuid" }],
      },
      value: "2026-11-24T12:00:00Z",
    },
    { schema: { $ref: "#" }, value: {} },
    {
      schema: {
        patternProperties: { "^s_": { secret: true } },
        dependencies: { a: ["b"], c: { required: ["d"] } },
        minProperties: 1,
      },
      value: { s_1: "x", a: 1 },
    },
    {
      schema: {
        cmd: { type: "string", immutable: true, default: "ls" },
        n: { type: "integer", default: 1.5, position: 0 },
        t: { type: "string" },
      },
      value: { n: "5", t: "{{ n }}", env: { A: "b" } },
    },
  ].map((one) => JSON.stringify(one)),
  throws: [PatternError, SyntaxError],
  run: (input) => {
    const given = parseJson(input, { depth_max: 100, exact: true });
    if (!isStructure(given) || Array.isArray(given)) return;
    const [schema, value] = [Reflect.get(given, "schema"), Reflect.get(given, "value")];
    if (!isStructure(schema) || Array.isArray(schema) || value === undefined) return;
    checkParameters(schema, value);
    schemaProblem(schema, new Steps(STEPS));
    for (const secret of secretValues({ ...schema }, value, new Steps(STEPS)))
      must(secret !== undefined, "a secret is a value");
    const misfit = misfitOf({ ...nearest(schema) }, nearest(value), new Steps(STEPS));
    if (misfit) must(typeof misfit.reason === "string" && misfit.reason !== "", "a misfit has a reason");
  },
};

/** Checks the value as an action's parameters, if they are given by name. */
function checkParameters(schema: object, value: unknown): void {
  if (!isStructure(value) || Array.isArray(value)) return;
  const named = safeParse(Parameters, schema);
  if (!named.success) return;
  for (const runner_type of ["local-shell-cmd", "local-shell-script"] as const) {
    const runner = RUNNER_TYPES[runner_type];
    const action: ActionSpec = {
      ...{ pack: "p", name: "a", description: "", enabled: true, entry_point: "a.sh", runner_type, tags: [] },
      parameters: named.output,
    };
    try {
      resolveParameters(action, runner, castParameters(action, runner, { ...value }));
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
}
