import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { secretValues } from "../secrets/schema.ts";
import { readYaml } from "./yaml.ts";

const Values = v.nullable(v.record(v.string(), v.unknown()));

/** A value of a pack's configuration schema: what it is when the configuration does not say. */
const ConfigSchema = v.nullable(
  v.record(v.string(), v.looseObject({ default: v.optional(v.unknown()), secret: v.optional(v.boolean()) })),
);

/**
 * A pack's configuration: the defaults of its `config.schema.yaml`, and over them `configs/<pack>.yaml`, which lies
 * beside the pack's folder, beside the folder of packs (StackStorm's layout), or in the pack itself.
 */
export function configOf(folder: string, ref: string): Record<string, unknown> {
  const schema = join(folder, "config.schema.yaml");
  const defaults = existsSync(schema) ? (readYaml(schema, ConfigSchema).value ?? {}) : {};
  const own = ["..", join("..", ".."), "."]
    .map((place) => join(folder, place, "configs", `${ref}.yaml`))
    .find((path) => existsSync(path));
  return {
    ...Object.fromEntries(
      Object.entries(defaults).flatMap(([name, { default: value }]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
    ...(own === undefined ? {} : (readYaml(own, Values).value ?? {})),
  };
}

/** What a pack's schema calls secret, however deep it lies: it is masked wherever it comes to be printed. */
export function secretConfig(folder: string, config: Record<string, unknown>): unknown[] {
  const schema = join(folder, "config.schema.yaml");
  if (!existsSync(schema)) return [];
  return secretValues({ properties: readYaml(schema, ConfigSchema).value ?? {} }, config);
}
