import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/security.md"), "utf8");

/** A test that the page names: a file or a folder, and in a file a part of a title. */
interface Named {
  path: string;
  title: string | undefined;
}

const NAMED: Named[] = PAGE.split("\n").flatMap((line) =>
  [...line.matchAll(/(?:"([^"]+)" in )?`(test\/[^`]+)`/g)].map(([, title, path = ""]) => ({ path, title })),
);

describe("the threat model", () => {
  it("names tests", () => expect(NAMED.length).toBeGreaterThan(10));

  it.each(NAMED)("names an existing test: $title in $path", ({ path, title }) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
    if (title !== undefined) expect(titlesOf(readFileSync(join(ROOT, path), "utf8"))).toContain(title);
  });

  it("has a test for every promise", () => {
    const promises = PAGE.split(/^### /m).slice(1);
    expect(promises).toHaveLength(5);
    for (const promise of promises) expect(promise.split(/^## /m)[0]).toMatch(/`test\/[^`]+`/);
  });
});

/** A test file as one line, as a title may span lines. */
function titlesOf(source: string): string {
  return source.replaceAll(/\s+/g, " ");
}
