import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENDS } from "./ends.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The first cells of the table in the section. */
function events(): string[] {
  const text = readFileSync(join(ROOT, "docs/runners.md"), "utf8");
  const section = text.split("### What an agent's end does")[1]?.split("\n### ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return rows.slice(1).map((row) => row.split("|")[1]?.trim() ?? "");
}

describe("what docs/runners.md says of an agent's end", () => {
  it("has tests for each row, and only for those", () => {
    expect(Object.keys(ENDS)).toEqual(events());
  });

  it.each(Object.entries(ENDS))("%s: has the tests that are named for it", (_, tests) => {
    for (const [file, titles] of Object.entries(tests)) {
      const text = readFileSync(join(ROOT, "test", file), "utf8");
      for (const title of titles) expect(text).toContain(`"${title}"`);
    }
  });
});
