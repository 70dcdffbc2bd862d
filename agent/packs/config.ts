import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../../protocol/base/failure-text.ts";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { isStructure } from "../../protocol/base/numbers.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { Parameter } from "../../protocol/model/action.ts";
import { itemSchema, propertySchema } from "../../protocol/model/subschema.ts";
import { hasTemplate } from "../../protocol/model/template-names.ts";
import type { Renderer } from "../../protocol/templates/renderer.ts";
import { insidePack } from "./inside.ts";
import { exactDefaults, exactly, readYaml } from "./yaml.ts";

/** The values of a configuration, by name. They may be lists and objects of any depth. */
export type ConfigValues = Record<string, unknown>;

/** A pack's configuration and its schema. Neither leaves the host. */
export interface PackConfig {
  config: ConfigValues;
  config_schema: Parameter;
}

/**
 * A pack's configuration: `configs/<pack>.yaml` over the defaults of the pack's `config.schema.yaml`. The `configs` folder is beside
 * the pack's folder, beside the folder of packs (StackStorm's layout), or in the pack itself.
 */
export function readConfig(folder: string, ref: string): PackConfig {
  const file = insidePack(folder, "config.schema.yaml");
  const properties = existsSync(file) ? readYaml(file, Properties, exactDefaults).value : {};
  const config_schema: Parameter = { properties };
  const own = ["..", join("..", ".."), "."]
    .map((place) => configIn(folder, place, ref))
    .find((path) => existsSync(path));
  const config = withDefaults(config_schema, own === undefined ? {} : readYaml(own, Values, exactly).value);
  return { config: isObject(config) ? config : {}, config_schema };
}

/** A configuration beside the pack belongs to the host. One in the pack may not be a link out of the pack. */
function configIn(folder: string, place: string, ref: string): string {
  const name = join("configs", `${ref}.yaml`);
  return place === "." ? insidePack(folder, name) : join(folder, place, name);
}

/** An empty file reads as null. */
const Properties = v.pipe(
  v.nullable(v.record(v.string(), Parameter)),
  v.transform((properties) => properties ?? {}),
);
const Values = v.pipe(
  v.nullable(v.record(v.string(), v.unknown())),
  v.transform((values) => values ?? {}),
);

/**
 * A pack's configuration with its templates rendered. They may read the key-value table. A value that the schema calls secret is
 * decrypted also without `decrypt_kv` (StackStorm's rule).
 */
export function renderConfig(
  { ref, config, config_schema }: PackConfig & { ref: string },
  renderer: Renderer,
): ConfigValues {
  const steps = new Steps(STEPS_MAX);
  const rendered = render(config, config_schema, []);
  return isObject(rendered) ? rendered : {};

  function render(value: unknown, schema: Parameter, path: string[]): unknown {
    if (typeof value === "string") return hasTemplate(value) ? dynamic(value, schema, path) : value;
    if (Array.isArray(value)) {
      return value.map((item, at) => render(item, itemSchema(schema, at), [...path, String(at)]));
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, render(item, propertySchema(schema, key, steps), [...path, key])]),
    );
  }

  function dynamic(template: string, { secret }: Parameter, path: string[]): string | null {
    try {
      const text = renderer.text(template, {}) || null;
      return text !== null && secret ? renderer.open(text) : text;
    } catch (error) {
      const key = path.join(".");
      throw new Error(
        `Failed to render dynamic configuration value for key "${key}" with value "${template}" for pack "${ref}" config: ${messageOf(error)}`,
      );
    }
  }
}

/** A configuration without the values that its schema calls secret: the part that a user's parameters may refer to. */
export function withoutSecrets(schema: Parameter, config: ConfigValues): ConfigValues {
  const steps = new Steps(STEPS_MAX);
  const shown = (value: unknown, of: Parameter): unknown => {
    if (of.secret) return null;
    if (Array.isArray(value)) return value.map((item, at) => shown(item, itemSchema(of, at)));
    if (!isObject(value)) return value;
    const open = Object.entries(value)
      .map(([name, item]) => ({ name, item, schema: propertySchema(of, name, steps) }))
      .filter(({ schema }) => !schema.secret);
    return Object.fromEntries(open.map(({ name, item, schema }) => [name, shown(item, schema)]));
  };
  const open = shown(config, schema);
  return isObject(open) ? open : {};
}

function withDefaults(schema: Parameter, value: unknown, steps = new Steps(STEPS_MAX)): unknown {
  const given = value === undefined ? schema.default : value;
  if (Array.isArray(given)) return given.map((item, at) => withDefaults(itemSchema(schema, at), item, steps));
  const properties = isObject(schema.properties) ? Object.keys(schema.properties) : [];
  if (!isObject(given) && (given !== undefined || properties.length === 0)) return given;
  const object = isObject(given) ? given : {};
  const names = new Set([...Object.keys(object), ...properties]);
  const entries = [...names].map(
    (name) => [name, withDefaults(propertySchema(schema, name, steps), object[name], steps)] as const,
  );
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

function isObject(value: unknown): value is ConfigValues {
  return isStructure(value) && !Array.isArray(value);
}
