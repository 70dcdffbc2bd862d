import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACTION_EXIT_MAX, EXIT } from "../../cli/base/exit-codes.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/command-line.md"), "utf8");

describe("the page on the command line", () => {
  it("has each exit code once", () => {
    const [, section = ""] = PAGE.split("## Exit codes\n");
    const codes = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
    expect(section).toContain(`if it is from 1 to ${ACTION_EXIT_MAX}.`);
  });
});
