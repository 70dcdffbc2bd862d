import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OPERATIONS } from "../../src/openapi/operations.ts";

const ROOT = join(import.meta.dirname, "../..");

it("the OpenAPI document describes every query parameter that a route reads", () => {
  const described = new Set(Object.values(OPERATIONS).flatMap(({ query }) => Object.keys(query ?? {})));
  const read = new Set(globSync("src/{http,routes}/**/*.ts", { cwd: ROOT }).flatMap(parametersIn));
  expect(read.size).toBeGreaterThan(30);
  expect([...read].filter((name) => !described.has(name))).toEqual([]);
});

/** The names in calls such as `c.req.query("q")` and `queryInteger(c, "limit", 50)`. */
function parametersIn(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return [...source.matchAll(/\bquery\w*\((?:c, )?"([\w-]+)"/g)].map(([, name = ""]) => name);
}
