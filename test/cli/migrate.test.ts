import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { expect, it } from "vitest";
import { migrate } from "../../cli/server/migrate.ts";
import { afterTest, scratch } from "../support/world.ts";

it("a migration is applied completely or not at all, once, and not by an older release", async () => {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch() {} }",
      d1Databases: ["INDEX"],
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  afterTest(() => miniflare.dispose());
  const folder = join(scratch(), "migrations");
  mkdirSync(folder);
  const file = join(folder, "0001_first.sql");
  const tables = async () => {
    const index = await miniflare.getD1Database("INDEX");
    const { results } = await index
      .prepare("SELECT name FROM sqlite_master WHERE name IN ('one', 'two') ORDER BY name")
      .all<{ name: string }>();
    return results.map(({ name }) => name);
  };
  writeFileSync(file, "-- Two tables.\nCREATE TABLE one (x);\nINSERT INTO two VALUES (1);\n");
  await expect(migrate(miniflare, folder)).rejects.toThrow("no such table: two");
  expect(await tables()).toEqual([]);

  writeFileSync(
    file,
    "-- Two tables.\nCREATE TABLE one (x);\n-- The second; it is empty.\nCREATE TABLE two (x);\n",
  );
  await migrate(miniflare, folder);
  expect(await tables()).toEqual(["one", "two"]);
  // A second run of the migration would fail, as its tables exist.
  await migrate(miniflare, folder);

  // An older release lacks this migration, and changes nothing.
  rmSync(file);
  writeFileSync(join(folder, "0000_before.sql"), "DROP TABLE one;\n");
  await expect(migrate(miniflare, folder)).rejects.toThrow("by a later release of Tailrace (0001_first.sql)");
  expect(await tables()).toEqual(["one", "two"]);
});
