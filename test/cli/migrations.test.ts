import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/world.ts";

/** The index's migrations and the SHA-256 of each. A released migration does not change. */
const MIGRATIONS: Record<string, string> = {
  "0001_index.sql": "7afbf4067562e5baaab600e9c9149ae95ff97c0b830f89c667a5d1e2f4fcb32a",
  "0002_packs_keys.sql": "b99bef0e607d4c6b906c35be1ea673c77ee74ff80bcdf2b62115b6694efe77dd",
  "0003_identity.sql": "fa68a7749bdf8caeb2b6b4fccadbdc836d8ae977a4a49afaad25fd9c6bea0ea2",
  "0004_execution_filters.sql": "563426a867fb14c5c7b10b133bb0375b989c069cf4dd3ec53a84345bf2e56cae",
  "0005_pools.sql": "9bc398483ddea77d42b8102deab5d04a5d159db64bfe9e3799c650e4b2ea3699",
  "0006_agents.sql": "9ebb7477396e5946568bf41c1288191b038ad8ae8821243ff0106696fc2a8e5b",
  "0007_rights.sql": "1a90c72657f3ec67dbec771d7e3dd62e9d108e785f27a942186b3454bff5a65a",
  "0008_audit_links.sql": "192303d7dddf449defe83fca433d9876a3b863d47abcffd332772d7e9290b63b",
  "0009_staged.sql": "2a02e48e95490f591a00bf8ea1dd7822c79f78d156a3c8c9f598a32b5424f141",
  "0010_rows.sql": "328ce3afe59093f8373ce79199015cf55dfbbef0fb5dd14bb1e53afda2cc1fe1",
  "0011_ended_outputs.sql": "43cd5299e064e474c45ca68f8402afc3c6ee6f2dd76e6c2e159d59c14642132f",
};

it("migrations are added, and never edited", () => {
  const folder = join(ROOT, "migrations");
  const found = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith(".sql"))
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );
  expect(found, "Add a migration, never edit one; then write its line into this list.").toEqual(MIGRATIONS);
});
