import { describe, expect, it } from "vitest";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { cutEscapeAt, visibleText, withoutEscapes } from "../../protocol/base/plain.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { castText } from "../../protocol/model/casts.ts";
import { filtersOf } from "../../protocol/templates/filters.ts";
import { scanTemplate } from "../../protocol/templates/scan.ts";

/** So long that time in proportion to its square would be hours. */
const CHARS = 1_000_000;

/** A text of one repeated piece, with another piece at its end. */
function long(piece: string, end = ""): string {
  return piece.repeat(CHARS / piece.length) + end;
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
    expect(visibleText(text).length).toBeLessThanOrEqual(text.length);
    expect(withoutEscapes(text).length).toBeLessThanOrEqual(text.length);
    expect(cutEscapeAt(text)).toBeLessThanOrEqual(text.length);
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
    const template = scanTemplate(long(piece, end));
    expect(template === undefined || template.parts.length > 0).toBe(true);
  });

  it.each([" ", "1", "+", "[", "['", '"\\"', "{'a': ", "-", "1e", "t"])("parameters: %j", (piece) => {
    for (const type of ["integer", "number", "boolean", "array", "object"]) {
      const value = castText(type, long(piece, "!"));
      expect(value === undefined || typeof value === "number").toBe(true);
    }
  });

  it.each(["/", " ", "a ", "%5s", "<", "\\", "1.", "a/", "\n"])("filters of templates: %j", (piece) => {
    const filters = filtersOf(new Steps(STEPS_MAX));
    for (const [name, filter] of Object.entries(filters)) {
      const args = name.startsWith("version_") ? ["1.0.0"] : name.startsWith("regex_") ? ["x"] : [];
      for (const given of [
        [long(piece, "x"), ...args],
        ["1.0.0", long(piece, "x")],
      ]) {
        try {
          filter(...given);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
  });
});
