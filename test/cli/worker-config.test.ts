import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { allVars, ownVars } from "../../cli/base/worker-vars.ts";
import { WORKER } from "../../cli/server/worker-config.ts";
import { scratch } from "../support/world.ts";

const FILE = resolve(import.meta.dirname, "../../wrangler.toml");

describe("the local server's Worker", () => {
  const wranglers = unstable_readConfig({ config: FILE }, { hideWarnings: true });
  const { workerOptions } = unstable_getMiniflareWorkerOptions({
    ...wranglers,
    secrets: undefined,
    userConfigPath: join(scratch(), "wrangler.toml"),
  });

  it("has the date, flags, objects, index and page of wrangler.toml", () => {
    expect(workerOptions).toMatchObject({
      compatibilityDate: WORKER.compatibility_date,
      durableObjects: Object.fromEntries(
        WORKER.objects.map(({ binding, class_name }) => [
          binding,
          { className: class_name, useSQLite: true },
        ]),
      ),
    });
    expect(wranglers.durable_objects.bindings).toHaveLength(WORKER.objects.length);
    // The engine refuses a flag that the date brings.
    expect(["nodejs_compat", ...WORKER.compatibility_flags]).toEqual(workerOptions.compatibilityFlags);
    expect([WORKER.index]).toEqual(Object.keys(workerOptions.d1Databases ?? {}));
    expect(WORKER.assets).toBe(wranglers.assets?.binding);
  });

  it("has every setting of wrangler.toml, in its order or another, with its default", () => {
    const standard = Object.fromEntries(allVars().map(({ name, standard }) => [name, standard]));
    expect(standard).toEqual(workerOptions.bindings);
  });

  it("has no binding there that it would miss", () => {
    const { kv_namespaces, r2_buckets, services, queues, workflows, analytics_engine_datasets } = wranglers;
    const other = [
      kv_namespaces,
      r2_buckets,
      services,
      queues.producers,
      workflows,
      analytics_engine_datasets,
    ];
    expect(other.flat()).toEqual([]);
  });

  it("trusts no header of a proxy, has no cache and no budget for appends of its own", () => {
    expect(ownVars()).toMatchObject({
      CLIENT_ADDRESS_HEADER: "",
      CACHED_PAGES_MAX: 0,
      APPENDS_PER_SECOND: 0,
    });
  });
});
