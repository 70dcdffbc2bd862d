import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "AGENTS.md",
  "CHANGELOG.md",
  ...globSync("docs/**/*.md", { cwd: ROOT }),
];

/** The folders with which a path in a text may begin. */
const FOLDERS = /^(src|protocol|agent|cli|web|test|docs|migrations|bench|release)\//;

describe.each(PAGES)("%s", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");

  it("links to files that exist", () => {
    const missing = linksIn(text).filter(
      ({ path }) => path && !existsSync(resolve(ROOT, dirname(page), path)),
    );
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it("links to headings that exist", () => {
    const missing = linksIn(text).filter(({ path, heading }) => {
      const target = path === "" ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
      return heading && target.endsWith(".md") && !headingsOf(readFileSync(target, "utf8")).includes(heading);
    });
    expect(missing).toEqual([]);
  });

  it("names paths that exist", () => {
    const missing = pathsIn(text).filter((path) => globSync(path, { cwd: ROOT }).length === 0);
    expect(missing).toEqual([]);
  });
});

it("numbers each decision once, in its file's name and in its title", () => {
  const files = globSync("docs/decisions/*.md", { cwd: ROOT }).sort();
  const numbers = files.map((file) => Number(/\/(\d{4})-[^/]+$/.exec(file)?.[1]));
  expect(numbers).toEqual(files.map((_, at) => at + 1));
  const titles = files.map((file) => /^# (\d+)\. /.exec(readFileSync(join(ROOT, file), "utf8"))?.[1]);
  expect(titles.map(Number)).toEqual(numbers);
});

function linksIn(text: string): { path: string; heading: string | undefined }[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", heading] = target.split("#");
      return { path, heading };
    });
}

/** Paths in code marks, without paths with a placeholder in capitals and paths of a build. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, path = ""]) => path)
    .filter((path) => FOLDERS.test(path) && !/[A-Z]{3}|<|generated|\/dist/.test(path));
}

/** The headings of a page as GitHub's anchors. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
