import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { workerConfig } from "../../cli/server/worker-config.ts";
import { scratch } from "../support/world.ts";

const FILE = resolve(import.meta.dirname, "../../wrangler.toml");

describe("the local server's Worker", () => {
  it("has the configuration that wrangler makes of wrangler.toml", () => {
    const wranglers = unstable_readConfig({ config: FILE }, { hideWarnings: true });
    const { workerOptions } = unstable_getMiniflareWorkerOptions({
      ...wranglers,
      secrets: undefined,
      userConfigPath: join(scratch(), "wrangler.toml"),
    });
    const own = workerConfig(FILE, "/the/page");
    expect(own.name).toBe(wranglers.name);
    expect(workerOptions).toMatchObject({
      compatibilityDate: own.compatibility_date,
      bindings: own.settings,
      durableObjects: Object.fromEntries(
        own.objects.map(({ binding, class_name }) => [binding, { className: class_name, useSQLite: true }]),
      ),
    });
    // The engine refuses a flag that the date brings.
    expect(["nodejs_compat", ...own.compatibility_flags]).toEqual(workerOptions.compatibilityFlags);
    expect([own.index]).toEqual(Object.keys(workerOptions.d1Databases ?? {}));
    expect(own.assets).toEqual({ binding: wranglers.assets?.binding, folder: "/the/page" });
  });

  it("does not start with a setting that it does not know", () => {
    const file = join(scratch(), "wrangler.toml");
    writeFileSync(file, `${readFileSync(FILE, "utf8")}\n[[kv_namespaces]]\nbinding = "MORE"\n`);
    expect(() => workerConfig(file, "/the/page")).toThrow(/kv_namespaces/);
  });
});
