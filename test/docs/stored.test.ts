import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { LAYERS } from "../architecture/layers.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

describe("the page on the architecture", () => {
  it("names exactly the tables of the index", () => {
    const index = new DatabaseSync(":memory:");
    for (const file of globSync("migrations/*.sql", { cwd: ROOT }).sort())
      index.exec(readFileSync(join(ROOT, file), "utf8"));
    const tables = index
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    expect(namesUnder("The index (D1)").sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  it("names exactly the tables and values of an execution's object", () => {
    const named = namesUnder("An execution's object");
    const found = [...tablesIn("src/execution/**/*.ts"), ...valuesIn("src/execution/**/*.ts")];
    expect(named).toEqual(expect.arrayContaining(found));
    const source = textOf("src/{execution,storage}/**/*.ts");
    expect(named.filter((name) => !found.includes(name) && !source.includes(`"${name}"`))).toEqual([]);
  });

  it("names the tables of the other objects", () => {
    expect(namesUnder("The other objects")).toEqual(expect.arrayContaining(tablesIn("src/pool/*.ts")));
  });
});

describe("the picture of the folders", () => {
  it.each(Object.entries(LAYERS))("has the layers of %s from the top down", (runtime, layers) => {
    const folders = layers.flat().filter((folder) => folder !== runtime);
    expect(drawnUnder(runtime)).toEqual(folders.map((folder) => folder.slice(runtime.length + 1)));
  });
});

/** The folders that the picture draws below a runtime, in its order. */
function drawnUnder(runtime: string): string[] {
  const picture = PAGE.split("## Folders and arrows")[1]?.split("```")[1] ?? "";
  const rows = picture.split(`\n${runtime}/`)[1]?.split(/\n(?! )/)[0] ?? "";
  return [...rows.matchAll(/(?<= )([\w/-]+)\/(?= |$)/gm)].map(([, folder = ""]) => folder);
}

/** The names in code marks in the tables under a heading, one for each row. */
function namesUnder(heading: string): string[] {
  const section = PAGE.split(`### ${heading}\n`)[1]?.split(/^##/m)[0] ?? "";
  return [...section.matchAll(/^\|(?: `[A-Z]\w+` \|)? `(\w+)` \|/gm)].map(([, name = ""]) => name);
}

function tablesIn(files: string): string[] {
  return namesIn(files, /CREATE TABLE IF NOT EXISTS (\w+)/g);
}

/** The keys of an object's stored values. */
function valuesIn(files: string): string[] {
  return namesIn(files, /\bkv\s*\.(?:get|put|delete)\b(?:<[^(]*>)?\(\s*"(\w+)"/g);
}

function namesIn(files: string, pattern: RegExp): string[] {
  return [...new Set([...textOf(files).matchAll(pattern)].map(([, name = ""]) => name))];
}

function textOf(files: string): string {
  return globSync(files, { cwd: ROOT })
    .map((file) => readFileSync(join(ROOT, file), "utf8"))
    .join("\n");
}
