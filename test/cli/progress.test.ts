import { expect, it } from "vitest";
import { progress } from "../../cli/base/progress.ts";

it("progress is told at the first portion and at the end, however short the work is", () => {
  const lines: string[] = [];
  const tell = progress("upgraded", "executions", 20, (line) => lines.push(line));
  for (const done of [5, 10, 15, 20]) tell(done);
  expect(lines).toEqual(["upgraded 5 of 20 executions", "upgraded 20 of 20 executions"]);
});
