import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import * as v from "valibot";

/**
 * Every setting that wrangler.toml may have. Any other is refused: the deployed Worker would have it, and the local server would
 * not.
 */
const WranglerToml = v.strictObject({
  name: v.string(),
  main: v.string(),
  compatibility_date: v.string(),
  compatibility_flags: v.array(v.string()),
  secrets: v.strictObject({ required: v.array(v.string()) }),
  vars: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  durable_objects: v.strictObject({
    bindings: v.array(v.strictObject({ name: v.string(), class_name: v.string() })),
  }),
  migrations: v.array(v.strictObject({ tag: v.string(), new_sqlite_classes: v.array(v.string()) })),
  d1_databases: v.array(
    v.strictObject({ binding: v.string(), database_name: v.string(), migrations_dir: v.string() }),
  ),
  assets: v.looseObject({ binding: v.string() }),
  observability: v.looseObject({}),
});

/**
 * The settings without Cloudflare in front: any client could send the header that Cloudflare sets, and objects are in the same
 * process, as near as a cache.
 */
export function ownSettings<T extends Record<string, unknown>>(settings: T): T {
  const { CLIENT_ADDRESS_HEADER: header } = settings;
  const own = { ...settings, CACHED_PAGES_MAX: 0 };
  return header === "cf-connecting-ip" ? { ...own, CLIENT_ADDRESS_HEADER: "" } : own;
}

/** The Worker's bindings and settings, as Miniflare takes them. `assets` is where the built page is. */
export function workerConfig(file: string, assets: string) {
  const config = v.parse(WranglerToml, parse(readFileSync(file, "utf8")));
  return {
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings: config.vars,
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: true },
      ]),
    ),
    d1Databases: Object.fromEntries(config.d1_databases.map(({ binding }) => [binding, binding])),
    // A folder binding: with its own assets, Miniflare would pass every request through proxies.
    serviceBindings: { [config.assets.binding]: { disk: { path: assets, writable: false } } },
  };
}
