import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packDigest } from "../../agent/packs/digest.ts";
import { scratch } from "../support/world.ts";

function makePack(): string {
  const folder = join(scratch(), "web");
  mkdirSync(join(folder, "actions/lib"), { recursive: true });
  writeFileSync(join(folder, "pack.yaml"), "name: web\n");
  writeFileSync(join(folder, "actions/run.sh"), "echo run\n");
  writeFileSync(join(folder, "actions/lib/a.sh"), "echo a\n");
  symlinkSync("run.sh", join(folder, "actions/again.sh"));
  return folder;
}

describe("a pack's digest", () => {
  it("is the same for the same files in any folder, and ignores the files of Python and git", () => {
    const folder = makePack();
    const digest = packDigest(folder);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const copy = join(scratch(), "other");
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
    for (const name of [".git", ".venv", "actions/__pycache__"]) {
      mkdirSync(join(copy, name));
      writeFileSync(join(copy, name, "left"), "behind");
    }
    writeFileSync(join(copy, "actions/run.pyc"), "compiled");
    expect(packDigest(copy)).toBe(digest);
  });

  it.each([
    ["a content", (folder: string) => writeFileSync(join(folder, "actions/run.sh"), "echo ran\n")],
    [
      "a name",
      (folder: string) => renameSync(join(folder, "actions/run.sh"), join(folder, "actions/ran.sh")),
    ],
    ["a file more", (folder: string) => writeFileSync(join(folder, "actions/new.sh"), "")],
    ["a file less", (folder: string) => rmSync(join(folder, "actions/lib/a.sh"))],
    [
      "where a link points",
      (folder: string) => {
        rmSync(join(folder, "actions/again.sh"));
        symlinkSync("lib/a.sh", join(folder, "actions/again.sh"));
      },
    ],
    [
      "which part of two names is the folder",
      (folder: string) => renameSync(join(folder, "actions/lib/a.sh"), join(folder, "actions/liba.sh")),
    ],
  ])("changes with %s", (_, change) => {
    const folder = makePack();
    const before = packDigest(folder);
    change(folder);
    expect(packDigest(folder)).not.toBe(before);
  });

  it("reads a bounded number of bytes, and covers the rest of a file by its size", () => {
    const folder = makePack();
    const bound = { content_bytes_max: 12 };
    const before = packDigest(folder, bound);
    writeFileSync(join(folder, "pack.yaml"), "name: wab\n");
    expect(packDigest(folder, bound)).toBe(before);
    writeFileSync(join(folder, "pack.yaml"), "name: wabs\n");
    expect(packDigest(folder, bound)).not.toBe(before);
  });
});
