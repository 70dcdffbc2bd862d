import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import * as v from "valibot";
import { FOLLOWERS_MAX } from "../../protocol/base/reader-limits.ts";

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
  d1_databases: v.tuple([
    v.strictObject({ binding: v.string(), database_name: v.string(), migrations_dir: v.string() }),
  ]),
  assets: v.looseObject({ binding: v.string() }),
  observability: v.looseObject({}),
});

/**
 * The settings without Cloudflare in front: any client could send the header that Cloudflare sets, a cache on the same disk would
 * store outputs a second time, no append is billed, and relays would run on the thread of the object that they are to help.
 */
export function ownSettings<T extends Record<string, unknown>>(settings: T): T {
  const { CLIENT_ADDRESS_HEADER: header } = settings;
  const own = {
    ...settings,
    CACHED_PAGES_MAX: 0,
    APPENDS_PER_SECOND: 0,
    FOLLOWERS_PER_OBJECT: FOLLOWERS_MAX,
  };
  return header === "cf-connecting-ip" ? { ...own, CLIENT_ADDRESS_HEADER: "" } : own;
}

/** What the engine needs to know of wrangler.toml. */
export interface WorkerConfig {
  name: string;
  compatibility_date: string;
  compatibility_flags: string[];
  settings: Record<string, string | number | boolean>;
  objects: { binding: string; class_name: string }[];
  /** The binding of the D1 database. */
  index: string;
  /** A folder binding: the Worker alone serves the page. */
  assets: { binding: string; folder: string };
}

/** The Worker's bindings and settings. `folder` is where the built page is. */
export function workerConfig(file: string, folder: string): WorkerConfig {
  const config = v.parse(WranglerToml, parse(readFileSync(file, "utf8")));
  const [database] = config.d1_databases;
  return {
    name: config.name,
    compatibility_date: config.compatibility_date,
    // The compatibility date brings this one, and the engine refuses a flag that says nothing.
    compatibility_flags: config.compatibility_flags.filter((flag) => flag !== "nodejs_compat"),
    settings: config.vars,
    objects: config.durable_objects.bindings.map(({ name, class_name }) => ({ binding: name, class_name })),
    index: database.binding,
    assets: { binding: config.assets.binding, folder },
  };
}
