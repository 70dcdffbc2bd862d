import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { shownText } from "../../../protocol/screen/shown-text.ts";
import { ourScreen, Reference } from "./reference.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/terminal");
const PROGRAMS = globSync("*.out", { cwd: FOLDER }).map((file) => basename(file, ".out"));

/** The terminal at which the programs were recorded, and a smaller one, on which more scrolls. */
const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 10 },
];

function outputOf(name: string): string {
  return readFileSync(join(FOLDER, `${name}.out`), "utf8");
}

describe("the screen of a real program", () => {
  const references = SIZES.map((size) => ({ size, reference: new Reference(size) }));

  it.each(PROGRAMS)("is the same as xterm's at each part of its output: %s", (name) => {
    const output = outputOf(name);
    for (const { size, reference } of references) {
      for (const part of [0.25, 0.5, 0.75, 1]) {
        const whole = output.slice(0, Math.floor(part * output.length));
        reference.write(whole, false);
        const pieces = whole.match(/.{1,7}/gsu) ?? [];
        expect(ourScreen(pieces, size, false)).toEqual(reference.read());
      }
    }
  });
});

describe("the text of a real program", () => {
  it.each([
    [
      "git-clone",
      /^Cloning into 'r2'...\nremote: Enumerating objects: 9, done.\nremote: Counting objects: 100% \(9\/9\), done.\n/,
    ],
    [
      "rich",
      /^ +Hosts +\n┏━+┳━+┓\n┃ name ┃ Status ┃\n[\s\S]*\nhalf way\nDownload ━+ 100% 0:00:00\nBuild +[━╺]+ +50% 0:00:0\d\n$/,
    ],
    [
      "docker-pull",
      /^1.0: Pulling from library\/demo\n\n?4f4fb700ef54: Pull complete *\na2abf6c4d29d: Pull complete *\nc7d9c0e0a1f2: Pull complete *\ne409b0a1c3d4: Pull complete *\nDigest: /,
    ],
    [
      "cargo",
      /^ {5}Locking [^\n]*\n {3}Compiling dep [^\n]*\n {3}Compiling app [^\n]*\nwarning: unused[\s\S]*\nwarning: `app` [^\n]*\n {4}Finished [^\n]*\n$/,
    ],
    ["tqdm", /^outer: 100%\|█+\| 3\/3 \[[^\r]*\n *$/],
    ["watch", /^\n?$/],
    ["npm", /^\nadded 1 package in 1s\n$/],
    ["jest", /^ FAIL {2}\.\/a\.test\.js[\s\S]*Tests: {7}1 failed, 2 passed, 3 total\n/m],
    [
      "apt",
      /^Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n/,
    ],
  ])("is what it has left on the screen: %s", (name, text) => {
    expect(shownText(outputOf(name))).toMatch(text);
  });
});
