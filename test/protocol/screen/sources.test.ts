import { expect, it } from "vitest";
import { SCREENS_CELLS_MAX } from "../../../protocol/screen/no-terminal.ts";
import { Sources } from "../../../protocol/screen/sources.ts";

it("beyond the bound, the sources end that were silent for longest and have cells", () => {
  let made = 0;
  const sources = new Sources(() => ++made);
  const half = SCREENS_CELLS_MAX / 2;
  expect(sources.write("plain", () => 0)).toEqual([]);
  expect(sources.write("a", () => half)).toEqual([]);
  expect(sources.write("b", () => half)).toEqual([]);
  expect(sources.write("a", () => half)).toEqual([]);
  expect(sources.write("c", () => half - 1)).toEqual([3]);
  expect(sources.get("b")).toBeUndefined();
  expect(sources.cells).toBe(SCREENS_CELLS_MAX - 1);
  expect(sources.write("c", () => SCREENS_CELLS_MAX + 1)).toEqual([2, 4]);
  expect([sources.cells, sources.all]).toEqual([0, [1]]);
  expect(sources.end()).toEqual([1]);
  expect(sources.all).toEqual([]);
});
