import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readExact } from "../../protocol/base/numbers.ts";
import type { Parameters } from "../../protocol/model/action.ts";
import { scriptArguments } from "../../protocol/model/arguments.ts";

interface Entry {
  parameters: Parameters;
  values: Record<string, unknown>;
  operator: string;
  /** What StackStorm's own code makes of them. */
  arguments: string[];
}

const FILE = join(import.meta.dirname, "arguments/expected.json");

it("a script's arguments are those that StackStorm passes", () => {
  // Numbers keep the digits of the file, as they do in the values of a run.
  const entries = readExact(readFileSync(FILE, "utf8")) as Entry[];
  expect(entries.length).toBeGreaterThan(100);
  const given = entries.map(({ parameters, values, operator }) =>
    scriptArguments(plain(parameters), values, operator).map(({ text }) => text),
  );
  expect(given).toEqual(entries.map((entry) => entry.arguments));
});

/** A schema has plain numbers. */
function plain(parameters: Parameters): Parameters {
  return JSON.parse(JSON.stringify(parameters));
}
