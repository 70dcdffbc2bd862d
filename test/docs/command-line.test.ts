import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACTION_EXIT_MAX, EXIT } from "../../cli/base/exit-codes.ts";
import { allVars } from "../../cli/base/worker-vars.ts";
import { SERVER_SETTINGS, standardOf } from "../../cli/settings/server-settings.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/command-line.md"), "utf8");

it("the page on settings has each setting with its default, and no other", () => {
  const page = readFileSync(join(ROOT, "docs/settings.md"), "utf8");
  const [, section = ""] = page.split("## All settings\n");
  const rows = [...section.matchAll(/^\| `(\w+)` \| `(.*?)` \|/gm)].map(([, name, value = ""]) => [
    name,
    JSON.parse(value),
  ]);
  expect(rows).toEqual(Object.keys(SERVER_SETTINGS).map((name) => [name, standardOf(name) ?? null]));
  const differing = allVars().filter(({ own, standard }) => own !== standard);
  for (const { name, standard } of differing)
    expect(section).toMatch(new RegExp(`\`${name.toLowerCase()}\`( is)? \`?${standard}`));
});

describe("the page on the command line", () => {
  it("has each exit code once", () => {
    const [, section = ""] = PAGE.split("## Exit codes\n");
    const codes = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
    expect(section).toContain(`if it is from 1 to ${ACTION_EXIT_MAX}.`);
  });

  it("has the order in which each list leaves out columns", () => {
    const [, section = ""] = PAGE.split("## Tables\n");
    const [table = ""] = section.split("\n## ");
    const documented = [...table.matchAll(/^\| `[a-z ]+` \| (.*?) ?\| /gm)].map(([, names = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name).join(),
    );
    const sources = globSync("cli/commands/*.ts", { cwd: ROOT }).map((file) =>
      readFileSync(join(ROOT, file), "utf8"),
    );
    const written = [...sources.join("").matchAll(/drops: \[([^\]]*)\]/g)].map(([, names = ""]) =>
      [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name).join(),
    );
    expect(written.length).toBeGreaterThan(10);
    expect(documented.sort()).toEqual(written.sort());
  });
});
