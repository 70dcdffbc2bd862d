import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { isStructure, readExact } from "../../protocol/base/numbers.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { Template } from "../../protocol/jinja/run/template.ts";
import { Budget } from "../../protocol/jinja/values/budget.ts";
import { TemplateSyntaxError, UndefinedError } from "../../protocol/jinja/values/errors.ts";
import { fromJson } from "../../protocol/jinja/values/exchange.ts";
import { filtersOf } from "../../protocol/templates/filters.ts";
import { DIFFERENCES, OTHER_WORDS } from "./templates/differences.ts";

/** What a template comes to in StackStorm: a text, or a failure of one of three kinds with its reason. */
interface Entry {
  subject: string;
  template: string;
  text?: string;
  error?: "syntax" | "undefined" | "other";
  reason?: string;
  /** The variables that StackStorm expects to know. */
  names?: string[];
}

interface Expected {
  context: string;
  entries: Entry[];
}

const FILE = join(import.meta.dirname, "templates/expected.json");
const expected: Expected = JSON.parse(readFileSync(FILE, "utf8"));
const context = readExact(expected.context);

/** What a template comes to here. */
function rendered(template: string): Pick<Entry, "text" | "error" | "reason"> {
  const steps = new Steps(STEPS_MAX);
  const budget = new Budget(steps);
  const entries = isStructure(context) ? Object.entries(context) : [];
  const values = Object.fromEntries(entries.map(([name, value]) => [name, fromJson(value, budget)]));
  try {
    return { text: new Template(template).render({ values, filters: filtersOf(steps), budget }).text };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const kind =
      error instanceof TemplateSyntaxError
        ? "syntax"
        : error instanceof UndefinedError
          ? "undefined"
          : "other";
    return { error: kind, reason: error.message };
  }
}

const subjects = [...new Set(expected.entries.map(({ subject }) => subject))];

describe("templates come to what they come to in StackStorm", () => {
  it.each(subjects)("%s", (subject) => {
    const entries = expected.entries.filter((entry) => entry.subject === subject);
    const wanted = entries.map(({ template, text, error, reason }) => {
      const { comes_to } = DIFFERENCES[template] ?? {};
      if (comes_to) return { template, ...comes_to };
      if (text !== undefined) return { template, text };
      return { template, error, reason: OTHER_WORDS[template] ?? reason };
    });
    expect(entries.map(({ template }) => ({ template, ...rendered(template) }))).toEqual(wanted);
  });

  it("expect the same variables", () => {
    const known = expected.entries.filter(({ names }) => names !== undefined);
    const names = known.map(({ template }) => [template, [...new Template(template).names].sort()]);
    expect(names).toEqual(known.map(({ template, names }) => [template, names]));
  });

  it("differ only where a list gives the reason", () => {
    const templates = new Set(expected.entries.map(({ template }) => template));
    const known = [...Object.keys(DIFFERENCES), ...Object.keys(OTHER_WORDS)];
    expect(known.filter((template) => !templates.has(template))).toEqual([]);
    for (const [template, { comes_to }] of Object.entries(DIFFERENCES)) {
      const entry = expected.entries.find((one) => one.template === template);
      expect({ ...entry, ...comes_to }).not.toEqual(entry);
    }
  });
});
