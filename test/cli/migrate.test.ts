import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { indexAt } from "../../cli/server/index-access.ts";
import { migrate } from "../../cli/server/migrate.ts";
import { startServer } from "../../cli/server/server.ts";
import { afterTest, scratch } from "../support/world.ts";

it("a migration is applied completely or not at all, once, and not by an older release", async () => {
  const { index, stop } = await startServer({ port: 0, state: scratch() });
  afterTest(stop);
  // As in a new index.
  await index.run("DELETE FROM d1_migrations");
  const folder = join(scratch(), "migrations");
  mkdirSync(folder);
  const file = join(folder, "0001_first.sql");
  const tables = async () => {
    const rows = await index.run("SELECT name FROM sqlite_master WHERE name IN ('one', 'two') ORDER BY name");
    return rows.map(({ name }) => name);
  };
  writeFileSync(file, "-- Two tables.\nCREATE TABLE one (x);\nINSERT INTO two VALUES (1);\n");
  await expect(migrate(index, folder)).rejects.toThrow("no such table: two");
  expect(await tables()).toEqual([]);

  writeFileSync(
    file,
    "-- Two tables.\nCREATE TABLE one (x);\n-- The second; it is empty.\nCREATE TABLE two (x);\n",
  );
  await migrate(index, folder);
  expect(await tables()).toEqual(["one", "two"]);
  // A second run of the migration would fail, as its tables exist.
  await migrate(index, folder);

  // An older release lacks this migration, and changes nothing.
  rmSync(file);
  writeFileSync(join(folder, "0000_before.sql"), "DROP TABLE one;\n");
  await expect(migrate(index, folder)).rejects.toThrow("by a later release of Tailrace (0001_first.sql)");
  expect(await tables()).toEqual(["one", "two"]);
});

it("a migration may take any time", async () => {
  // Every limit has passed at once.
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
  afterTest(() => vi.restoreAllMocks());
  const engine = createServer((_, response) => response.end('[{"results":[{"one":1}]}]'));
  afterTest(() => engine.close());
  await once(engine.listen(0, "127.0.0.1"), "listening");
  const { port } = engine.address() as AddressInfo;
  const index = indexAt(() => `http://127.0.0.1:${port}`, "key");
  expect(await index.run("SELECT 1 AS one")).toEqual([{ one: 1 }]);
});
