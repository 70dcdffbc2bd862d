import { describe, expect, it } from "vitest";
import document from "../../docs/compatibility.md?raw";
import { app } from "../../src/app.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { routesOf } from "./support/routes.ts";

/** The cells of each row in the tables under a heading. */
function rowsUnder(heading: string): string[][] {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

/** The endpoints whose rows have one of these words. */
function endpoints(...words: string[]): string[] {
  return rowsUnder("Endpoints").flatMap(([names = "", word = ""]) =>
    words.includes(word) ? codes(names) : [],
  );
}

/** Routes outside StackStorm's API: those for agents, the viewer, and the server's own description. */
const OTHERS = /^\w+ \/(agent\/v1| viewer|healthz|readyz|metrics|docs|openapi\.json)/;

describe("docs/compatibility.md", () => {
  it("marks every row as the same, different, absent or ours", () => {
    const words = [
      ...rowsUnder("Endpoints").map(([, word]) => word),
      ...rowsUnder("Parameters").map(([, , word]) => word),
      ...rowsUnder("Answers").map(([, word]) => word),
      ...rowsUnder("Commands").map(([, word]) => word),
    ];
    expect(words.length).toBeGreaterThan(80);
    for (const word of words) expect(["here", "same", "different", "absent", "ours"]).toContain(word);
  });

  it("explains every row that is not the same", () => {
    for (const [names, word, reason] of rowsUnder("Endpoints"))
      if (word === "different" || word === "absent") expect([names, reason]).not.toContain("");
  });

  it("names every route as the server writes it, once", () => {
    const named = endpoints("same", "different", "ours");
    expect(named.toSorted()).toEqual(routesOf(app).filter((route) => !OTHERS.test(route)));
  });

  it("names no existing endpoint as absent", () => {
    const absent = endpoints("absent");
    expect(absent.length).toBeGreaterThan(60);
    expect(absent.filter((route) => routesOf(app).includes(route))).toEqual([]);
  });

  it("names exactly the query parameters that the API describes", () => {
    let endpoint = "";
    const named: Record<string, string[]> = {};
    for (const [name = "", parameters = "", word] of rowsUnder("Parameters").slice(1)) {
      endpoint = codes(name)[0] ?? endpoint;
      if (/^(body|header) /.test(parameters) || word === "absent") continue;
      named[endpoint] = [...(named[endpoint] ?? []), ...codes(parameters)];
    }
    const ours = endpoints("ours");
    for (const [route, { query }] of Object.entries(OPERATIONS)) {
      if (query && !ours.includes(route) && !OTHERS.test(route)) expect(Object.keys(named)).toContain(route);
    }
    for (const [route, parameters] of Object.entries(named)) {
      const described = Object.keys(OPERATIONS[route]?.query ?? {}).sort();
      expect([route, parameters.toSorted()]).toEqual([route, described]);
    }
  });
});
