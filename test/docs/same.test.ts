import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SAME } from "./same.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The cells of docs/compatibility.md that say *same*, each by its row's first cells. */
function sameCells(): string[] {
  const cells: string[] = [];
  let heading = "";
  let endpoint = "";
  for (const line of readFileSync(join(ROOT, "docs/compatibility.md"), "utf8").split("\n")) {
    heading = /^## (.*)/.exec(line)?.[1] ?? heading;
    const [first = "", second = "", third = ""] = line.startsWith("| ")
      ? line
          .split("|")
          .slice(1)
          .map((cell) => cell.trim())
      : [];
    const is_parameter = heading === "Parameters";
    if (is_parameter && first !== "") endpoint = first;
    if ((is_parameter ? third : second) !== "same") continue;
    cells.push((is_parameter ? `${endpoint} ${second}` : first).replaceAll("`", ""));
  }
  return cells;
}

describe("docs/compatibility.md", () => {
  it("has a test for every cell that says same, and only for those", () => {
    expect(Object.keys(SAME).sort()).toEqual(sameCells().sort());
  });

  it.each(Object.entries(SAME))("%s has the test that is named for it", (_, tests) => {
    for (const [file, titles] of Object.entries(tests)) {
      const text = readFileSync(join(ROOT, "test", file), "utf8");
      for (const title of titles) expect(text).toContain(title);
    }
  });
});
