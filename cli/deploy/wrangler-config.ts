import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "smol-toml";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { TRACING_VARIABLES } from "../../protocol/settings/tracing.ts";
import { CliError } from "../base/errors.ts";
import { BUILT_FOLDER, IS_INSTALLED, ROOT } from "../base/root.ts";
import { type Environment, PRODUCTION } from "./environment.ts";

/** Parts of wrangler.toml that an environment changes. The rest goes on as it is. */
const Base = v.looseObject({
  name: v.string(),
  main: v.string(),
  vars: v.record(v.string(), v.unknown()),
  d1_databases: v.tuple([v.looseObject({ database_name: v.string(), migrations_dir: v.string() })]),
  assets: v.looseObject({ directory: v.string() }),
});

/** What wrangler is given for one environment. */
export interface DeployConfig {
  worker: string;
  database: string;
  /** The id of the database, if it is known. */
  database_id: string | undefined;
  /** The configuration with this database, as JSON. */
  text: (database_id: string | undefined) => string;
}

/** Makes wrangler's configuration of an environment from wrangler.toml. Its paths are whole, so that it may be in any folder. */
export function deployConfig(
  name: string,
  environment: Environment,
  base_file = join(ROOT, "wrangler.toml"),
): DeployConfig {
  const base = readBase(base_file);
  const { main, vars, assets } = base;
  const [index] = base.d1_databases;
  const suffix = name === PRODUCTION ? "" : `-${name}`;
  const worker = environment.name ?? base.name + suffix;
  const database = index.database_name + suffix;
  const named = Object.keys(environment.vars ?? {});
  const secret = named.find((one) => one.endsWith("_HEADERS") && one in TRACING_VARIABLES);
  if (secret !== undefined)
    throw new CliError(
      `${secret} may hold a key, so it goes into no file: npx wrangler secret put ${secret} --name ${worker}`,
    );
  const unknown = named.find((one) => !Object.hasOwn(vars, one) && !Object.hasOwn(TRACING_VARIABLES, one));
  if (unknown !== undefined)
    throw new CliError(
      `${unknown} is no setting of the Worker. wrangler.toml has all of them, under [vars].`,
    );
  const config = {
    ...(name === PRODUCTION ? base : withoutAddresses(base)),
    name: worker,
    main: IS_INSTALLED ? join(BUILT_FOLDER, "engine/worker.js") : resolve(ROOT, main),
    vars: { ...vars, ...environment.vars },
    assets: { ...assets, directory: resolve(ROOT, assets.directory) },
    ...(environment.domains === undefined ? {} : onDomains(environment.domains)),
  };
  return {
    worker,
    database,
    database_id: environment.database_id ?? ownId(index.database_id, name),
    text: (database_id) =>
      JSON.stringify({
        ...config,
        d1_databases: [
          {
            ...index,
            database_name: database,
            migrations_dir: resolve(ROOT, index.migrations_dir),
            ...(database_id === undefined ? {} : { database_id }),
          },
        ],
      }),
  };
}

/** At its own domains only: what guards a domain, such as an identity proxy, does not guard other addresses. */
function onDomains(domains: readonly string[]) {
  return {
    routes: domains.map((pattern) => ({ pattern, custom_domain: true })),
    workers_dev: false,
    preview_urls: false,
  };
}

/** Addresses that wrangler.toml names are those of production: another environment would take them from it. */
function withoutAddresses({ route: _, routes: __, ...rest }: v.InferOutput<typeof Base>) {
  return rest;
}

/** An id that wrangler.toml names is that of production. */
function ownId(id: unknown, name: string): string | undefined {
  return typeof id === "string" && name === PRODUCTION ? id : undefined;
}

function readBase(file: string): v.InferOutput<typeof Base> {
  try {
    return v.parse(Base, parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new CliError(
      `${file} cannot be used: ${failureText(error)}. Take the release's file, and change that.`,
    );
  }
}
