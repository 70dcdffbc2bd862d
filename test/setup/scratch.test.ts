import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { removeScratched, scratch } from "../support/scratch.ts";

it("the folders of a test file are removed with all that is in them, and new ones after them too", () => {
  for (let files = 0; files < 2; files++) {
    const folder = scratch();
    writeFileSync(join(folder, "file"), "contents");
    removeScratched();
    expect(existsSync(folder)).toBe(false);
  }
});
