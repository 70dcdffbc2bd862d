import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = globSync(["*.md", "docs/**/*.md", "release/**/*.md"], { cwd: ROOT });
const PROGRAMS = globSync("{cli,agent,protocol,src,web}/**/*.{ts,tsx,py}", { cwd: ROOT });

/** A source that the reader's own Node runs: it may be too old for that. npm's scripts and npx take the checkout's. */
const BY_ANY_NODE = /(?<!npx )\bnode [\w./-]+\.ts\b/;

describe("a command for the reader", () => {
  it.each([
    ["pages", PAGES],
    ["programs, with their help", PROGRAMS],
  ])("is Tailrace's own, npm's or npx's: in %s", (_, files) => {
    expect(files.length).toBeGreaterThan(10);
    const found = files.flatMap((file) => {
      const lines = readFileSync(join(ROOT, file), "utf8").split("\n");
      return lines.filter((line) => BY_ANY_NODE.test(line)).map((line) => `${file}: ${line.trim()}`);
    });
    expect(found).toEqual([]);
  });
});
