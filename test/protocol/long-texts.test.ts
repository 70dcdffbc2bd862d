import { describe, expect, it } from "vitest";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { FILTERS } from "../../protocol/jinja/filters/all.ts";
import { Template } from "../../protocol/jinja/run/template.ts";
import { Budget } from "../../protocol/jinja/values/budget.ts";
import { castText } from "../../protocol/model/casts.ts";
import { shownText } from "../../protocol/screen/shown-text.ts";
import { filtersOf } from "../../protocol/templates/filters.ts";

/** So long that time in proportion to its square would be hours. */
const CHARS = 1_000_000;

/** So long that the language's own filters, of which some make a value of each character, would take minutes. */
const FILTER_CHARS = 50_000;

/** A text of one repeated piece, with another piece at its end. */
function long(piece: string, end = ""): string {
  return piece.repeat(CHARS / piece.length) + end;
}

/** Renders a template over a long text, within the limits of all templates; it may fail. */
function renderLong(template: string, t: string): void {
  const steps = new Steps(STEPS_MAX);
  const surroundings = {
    values: { t },
    filters: filtersOf(steps),
    budget: new Budget(steps),
  };
  try {
    new Template(template).render(surroundings);
  } catch (error) {
    expect(String(error)).toMatch(/^(?:Template|Undefined|Tailrace)Error/);
  }
}

describe("reading hostile texts takes time in proportion to their length", () => {
  it.each([
    ["\r", "x"],
    ["\x1b[", "x"],
    ["\x1b[1;", "x"],
    ["\x1b]8;;", "x"],
    ["\x1b]\x1b", "x"],
    ["\x9b0;", "x"],
    ["\x1b(", "x"],
    ["\x1bP", "\x1b"],
  ])("escapes of a terminal: %j", (piece, end) => {
    const text = long(piece, end);
    expect(shownText(text).length).toBeLessThanOrEqual(text.length);
  });

  it.each([
    ["{% raw %}", ""],
    ["{#", ""],
    ["{{ ", ""],
    ['{{ "', '"\\'],
    ['{{ "\\"', ""],
    ["{{ '\\", ""],
    ["{% ", "%"],
    ["{{ {", "}}"],
    ["{{ a }}", ""],
    ["{{ a.b['c'] + 1 }}", ""],
  ])("templates: %j", (piece, end) => {
    try {
      expect(new Template(long(piece, end)).names.size).toBeLessThan(3);
    } catch (error) {
      expect(String(error)).toMatch(/^Template(?:Syntax)?Error/);
    }
  });

  it.each([" ", "1", "+", "[", "['", '"\\"', "{'a': ", "-", "1e", "t"])("parameters: %j", (piece) => {
    for (const type of ["integer", "number", "boolean", "array", "object"]) {
      const value = castText(type, long(piece, "!"));
      expect(value === undefined || typeof value === "number").toBe(true);
    }
  });

  it.each(["/", " ", "a ", "%5s", "<", "\\", "1.", "a/", "\n"])("filters of templates: %j", (piece) => {
    for (const name of Object.keys(filtersOf(new Steps(0)))) {
      const args = name.startsWith("version_") ? "('1.0.0')" : name.startsWith("regex_") ? "('x')" : "";
      renderLong(`{{ t | ${name}${args} }}`, long(piece, "x"));
      renderLong(`{{ '1.0.0' | ${name}(t) }}`, long(piece, "x"));
    }
    for (const name of Object.keys(FILTERS)) {
      for (const args of ["", "('x')", "(t)"])
        renderLong(`{{ t | ${name}${args} }}`, long(piece).slice(-FILTER_CHARS));
    }
  });
});
