import { chownSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { type PackedFile, unpack } from "../../agent/standalone/unpack.ts";
import { scratch } from "../support/scratch.ts";

const FILES: PackedFile[] = [{ name: "built/agent.mjs", mode: 0o644, bytes: Buffer.from("run();\n") }];

it("unpacks again where a start was cut off", () => {
  const state = scratch();
  const folder = unpack(state, FILES);
  rmSync(join(folder, "built/agent.mjs"));
  expect(unpack(state, FILES)).toBe(folder);
  expect(readFileSync(join(folder, "built/agent.mjs"), "utf8")).toBe("run();\n");
  expect(readdirSync(join(folder, "built"))).toEqual(["agent.mjs"]);
});

it("follows no link in the place of its folder", () => {
  const [state, elsewhere] = [scratch(), scratch()];
  const folder = unpack(scratch(), FILES);
  const planted = folder.replace(dirname(folder), state);
  symlinkSync(elsewhere, planted);
  expect(() => unpack(state, FILES)).toThrow(`${planted} is not a folder. Remove it`);
  expect(readdirSync(elsewhere)).toEqual([]);
});

it("takes no folder that another user has made before", { tags: ["root"] }, () => {
  const state = scratch();
  const folder = unpack(state, FILES);
  chownSync(folder, 12_345, 12_345);
  expect(() => unpack(state, FILES)).toThrow(`${folder} belongs to another user.`);
});
