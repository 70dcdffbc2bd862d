import fc from "fast-check";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitColumns, widthOf, wrapText } from "../../cli/terminal/columns.ts";
import { userEnvironment } from "../support/command-line.ts";
import { atTerminal } from "../support/pty.ts";
import { startWorld, type World } from "../support/world.ts";

const HEAD = ["id", "status", "description", "time"];
const ROWS = [["a".repeat(24), "succeeded", "one word after another ".repeat(3).trim(), "t".repeat(24)]];
const NARROWING = { wraps: ["description"], drops: ["time", "description"] };

/** The columns of the table at a width, as `name:width`. */
function fitted(width_max: number): string[] {
  return fitColumns(HEAD, ROWS, NARROWING, width_max).columns.map(({ at, width }) => `${HEAD[at]}:${width}`);
}

describe("a table at a terminal", () => {
  it("keeps its widths where they fit, then wraps texts, then leaves out columns in the given order", () => {
    const widths = ["id:24", "status:9", "description:68", "time:24"];
    expect(fitted(1_000)).toEqual(widths);
    expect(fitted(24 + 9 + 68 + 24 + 13)).toEqual(widths);
    expect(fitted(24 + 9 + 68 + 24 + 12)).toEqual(["id:24", "status:9", "description:67", "time:24"]);
    expect(fitted(24 + 9 + 16 + 24 + 13)).toEqual(["id:24", "status:9", "description:16", "time:24"]);
    expect(fitted(24 + 9 + 16 + 24 + 12)).toEqual(["id:24", "status:9", "description:42"]);
    expect(fitted(24 + 9 + 16 + 9)).toEqual(["id:24", "status:9"]);
    expect(fitted(24 + 9 + 7)).toEqual(["id:24", "status:9"]);
    expect(fitted(24 + 9 + 3)).toEqual(["id:20", "status:9"]);
  });

  it("is never wider than the terminal, from 20 columns on", () => {
    const cells = fc.array(fc.string({ unit: "grapheme", maxLength: 60 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(cells), fc.integer({ min: 20, max: 200 }), (rows, width_max) => {
        const { columns } = fitColumns(HEAD, rows, NARROWING, width_max);
        const width = columns.reduce((sum, column) => sum + column.width, 3 * columns.length + 1);
        expect(width).toBeLessThanOrEqual(width_max);
      }),
    );
  });

  it("wraps between words, and cuts only a word that is too wide itself", () => {
    expect(wrapText("one two three", 7)).toBe("one two\nthree");
    expect(wrapText("a  b\nlonger", 4)).toBe("a  b\nlong\ner");
    expect(wrapText("日本語", 4)).toBe("日本\n語");
    const texts = fc.string({ unit: "grapheme", maxLength: 80 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, width) => {
        const wrapped = wrapText(text, width);
        const is_wide = (line: string) =>
          stringWidth(line) > width && [...new Intl.Segmenter().segment(line)].length > 1;
        expect(wrapped.split("\n").filter(is_wide)).toEqual([]);
        expect(wrapped.replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      }),
    );
  });
});

describe("a list", { tags: ["bsdutils", "coreutils"] }, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    const { id } = await world.client.create({ action: "core.noop", parameters: {} });
    await world.client.identity.link(id, 60);
    await world.client.identity.createUser({ name: "ann", password: "correct horse battery" });
    await world.client.setKey("text", { value: "one word after another ".repeat(5), secret: false });
  });
  afterAll(() => world.stop());

  const LISTS = [
    "execution list",
    "execution link list",
    "action list",
    "runner list",
    "pack list",
    "key list",
    "user list",
    "apikey list",
    "role list",
    "agent list",
    "audit",
    "config",
  ];

  it("fits 40 columns: all of them", async () => {
    for (const list of LISTS) {
      const shown = await shownAt(list, 40);
      expect(shown, list).toContain("│");
      expect(Math.max(...shown.split("\n").map(widthOf)), list).toBeLessThanOrEqual(40);
    }
  });

  it("names what has no room, and has everything at 200 columns", async () => {
    expect(await shownAt("execution list", 40)).toMatch(
      /no room for context\.user,\s+start_timestamp, elapsed,/,
    );
    const wide = await shownAt("execution list", 200);
    expect(wide).toContain("start_timestamp");
    expect(wide).not.toContain("no room");
  });

  /** What a command shows at a terminal of this width. */
  async function shownAt(command: string, columns: number): Promise<string> {
    const terminal = atTerminal(command.split(" "), userEnvironment(world), columns);
    expect(await terminal.ended).toBe(0);
    return terminal.shown();
  }
});
