// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { violations } from "./support/axe.ts";
import { openTab } from "./support/browser.ts";
import { rowsOf, shows } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open({ id }: Producer, more = ""): Promise<Page> {
  const tab = await openTab(browser, server.url, `/executions/${id}${more}`, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** The texts of the rows, without the sizes of folded ones. */
async function textsOf(page: Page): Promise<string[]> {
  return (await rowsOf(page)).map(({ text }) => text.replace(/(\d lines?), .*/, "$1"));
}

async function hasRows(page: Page, rows: string[]): Promise<void> {
  await until(`the rows are ${JSON.stringify(rows)}`, async () => {
    return JSON.stringify(await textsOf(page)) === JSON.stringify(rows);
  });
}

function head(page: Page, name: string) {
  return page.getByRole("button", { name: new RegExp(`^${name}, `) });
}

const GROUPED =
  "begin\n::group::Build\nbuild 1\nbuild 2\n::endgroup::\nbetween\n::group::Test\ntest 1\n::endgroup::\nlast\n";

describe("a group of lines", () => {
  it("is folded when it is done, and opened and folded by a click and by Enter", async () => {
    const producer = await producers.open();
    await producer.write(GROUPED);
    await producer.end();
    const page = await open(producer);
    await hasRows(page, ["begin", "Build2 lines", "between", "Test1 line", "last"]);
    expect((await rowsOf(page)).map(({ number }) => number)).toEqual(["1", "2", "6", "7", "10"]);
    await head(page, "Build").click();
    const opened = [
      "begin",
      "Build2 lines",
      "build 1",
      "build 2",
      "└ Build",
      "between",
      "Test1 line",
      "last",
    ];
    await hasRows(page, opened);
    expect(await violations(page)).toEqual([]);
    await head(page, "Build").press("Enter");
    await hasRows(page, ["begin", "Build2 lines", "between", "Test1 line", "last"]);
    // The new button has the focus.
    await page.keyboard.press("Enter");
    await hasRows(page, opened);
  });

  it("ends with the group around it, by the same line twice", async () => {
    const producer = await producers.open();
    await producer.write("::group::Outer\n::group::Inner\ninner\n::endgroup::\n::endgroup::\nlast\n");
    await producer.end();
    const page = await open(producer);
    await hasRows(page, ["Outer3 lines", "last"]);
  });

  it("is open while it is written, and folds at its end", async () => {
    const producer = await producers.open();
    await producer.write("::group::Build\nbuild 1\n");
    const page = await open(producer);
    await hasRows(page, ["Build", "build 1"]);
    await producer.write("build 2\n::endgroup::\nafter\n");
    await hasRows(page, ["Build2 lines", "after"]);
    await producer.write("::group::Outer\n::group::Inner\ninner\n::endgroup::\nouter\n");
    await hasRows(page, ["Build2 lines", "after", "Outer", "Inner1 line", "outer"]);
  });
});

describe("selected text", () => {
  it("stays selected while groups before and behind it fold", async () => {
    const producer = await producers.open();
    await producer.write("::group::A\nin a\nselected\n");
    const page = await open(producer);
    await shows(page, "selected");
    await producer.write("::endgroup::\n::group::B\nwhole\n");
    await hasRows(page, ["A2 lines", "B", "whole"]);
    const selected = () => page.evaluate<string>("String(getSelection())");
    const text = page.locator(".log .row .text", { hasText: "whole" });
    await text.dblclick({ position: { x: 4, y: 8 } });
    expect(await selected()).toBe("whole");
    await producer.write("more of b\n");
    await producer.write("::group::C\nin c\n::endgroup::\n");
    await hasRows(page, ["A2 lines", "B", "whole", "more of b", "C1 line"]);
    expect(await selected()).toBe("whole");
    await head(page, "A").click();
    await hasRows(page, ["A2 lines", "in a", "selected", "└ A", "B", "whole", "more of b", "C1 line"]);
    expect(await selected()).toBe("whole");
  });
});

describe("folded lines", () => {
  /** Groups in lines 11 to 310 of each 500, of more lines than a page has read at first. */
  async function long(): Promise<Producer> {
    const producer = await producers.open();
    await producer.writeLines(1, 5_000, (line) => {
      const group = Math.floor((line - 1) / 500) + 1;
      const at = ((line - 1) % 500) + 1;
      return at === 11
        ? `::group::Group ${group}`
        : at === 310
          ? "::endgroup::"
          : `line ${line} ${"·".repeat(60)}`;
    });
    await producer.end();
    return producer;
  }

  it("are counted and folded also where the page has not read them, and all at once", async () => {
    const page = await open(await long());
    await shows(page, "line 5000 ");
    await page.keyboard.press("Home");
    await head(page, "Group 1").waitFor();
    const numbers = async () => (await rowsOf(page)).map(({ number }) => Number(number)).slice(9, 13);
    expect(await numbers()).toEqual([10, 11, 311, 312]);
    expect(await head(page, "Group 1").getAttribute("aria-label")).toMatch(/^Group 1, 298 lines/);
    await page.keyboard.press("f");
    await until("the group is open", async () => `${await numbers()}` === "10,11,12,13");
    await page.keyboard.press("f");
    await until("the group is folded", async () => `${await numbers()}` === "10,11,311,312");
    await page.getByRole("button", { name: "Unfold all" }).click();
    await until("the groups are open", async () => `${await numbers()}` === "10,11,12,13");
    expect(new URL(page.url()).searchParams.get("fold")).toBe("none");
  });

  it("are asked for when the reader goes there, and again if no answer comes", async () => {
    const producer = await producers.open();
    await producer.write("::group::First\nline 2\n::endgroup::\n");
    await producer.writeLines(4, 12_000);
    await producer.end();
    const page = await open(producer);
    const asked: string[] = [];
    await page.route(/\/output\/folds/, (route) => {
      asked.push(route.request().url());
      return asked.length === 1 ? route.abort() : route.continue();
    });
    await shows(page, "line 12000 ");
    await page.keyboard.press("PageUp");
    await page.getByRole("button", { name: "To the end" }).waitFor();
    expect(asked).toEqual([]);
    await page.keyboard.press("Home");
    await shows(page, "::group::First");
    expect(asked).toHaveLength(1);
    await until("the group is folded", async () => {
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      return (await head(page, "First").count()) === 1;
    });
  });

  it("are opened by a link to a line in them", async () => {
    const page = await open(await long(), "#L1100");
    const selected = page.locator(".row.selected", { hasText: "line 1100 " });
    await selected.waitFor();
    await page.keyboard.press("F");
    await head(page, "Group 3").waitFor();
    expect(await selected.count()).toBe(0);
    await page.evaluate("location.hash = '#L1101'");
    await page.locator(".row.selected", { hasText: "line 1101 " }).waitFor();
  });

  it("are opened by a step of the search, and the address says so", async () => {
    const producer = await long();
    const page = await open(producer);
    await shows(page, "line 5000 ");
    await page.keyboard.press("/");
    await page.keyboard.type("line 1600 ");
    await page.getByText("1 match").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("mark.current", { hasText: "line 1600 " }).waitFor();
    expect(new URL(page.url()).searchParams.get("fold")).toBe("1511");
    await page.reload();
    await shows(page, "line 5000 ");
    await page.evaluate("location.hash = '#L1500'");
    await page.locator(".row.selected", { hasText: "line 1500 " }).waitFor();
    expect(await head(page, "Group 4").getAttribute("aria-expanded")).toBe("true");
    await head(page, "Group 4").click();
    await shows(page, "line 1811 ");
  });

  it("are copied as they were printed", async () => {
    const producer = await producers.open();
    await producer.write(GROUPED);
    await producer.end();
    const page = await open(producer);
    await head(page, "Build").waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    await page.getByText("10 lines copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(GROUPED);
  });

  it("are opened where an execution failed: with an error, and the last group", async () => {
    const producer = await producers.open();
    const group = (name: string, ...lines: string[]) => [`::group::${name}`, ...lines, "::endgroup::"];
    const lines = [
      ...group("A", "a"),
      ...group("B", "main.c:3:5: error: x"),
      ...group("C", "c"),
      ...group("D", "d"),
    ];
    await producer.write(`${lines.join("\n")}\n`);
    const page = await open(producer);
    await hasRows(page, ["A1 line", "B1 line", "C1 line", "D1 line"]);
    await producer.end(1);
    const error = "main.c:3:5: error: x";
    await hasRows(page, ["A1 line", "B1 line", error, "└ B", "C1 line", "D1 line", "d", "└ D"]);
    await page.reload();
    await hasRows(page, ["A1 line", "B1 line", error, "└ B", "C1 line", "D1 line", "d", "└ D"]);
  });

  it("stay open for a reader in them when their group ends", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 200);
    await producer.write("::group::Long\n");
    await producer.writeLines(202, 400);
    const page = await open(producer);
    await shows(page, "line 400 ");
    await page.keyboard.press("PageUp");
    await page.locator(".row", { hasText: "line 400 " }).waitFor({ state: "detached" });
    const [top] = await rowsOf(page);
    await producer.write("::endgroup::\nafter\n");
    await page.getByText("2 new lines").waitFor();
    await page.getByRole("button", { name: "Fold all", exact: true }).waitFor();
    expect((await rowsOf(page))[0]).toEqual(top);
  });
});

describe("only matching lines", () => {
  it("show markers as they were printed, also those within a folded group", async () => {
    const producer = await producers.open();
    await producer.write("::group::Outer\n##[group]Inner\ntext\n##[endgroup]\n::endgroup::\n");
    await producer.end();
    const page = await open(producer);
    await hasRows(page, ["Outer3 lines"]);
    await page.keyboard.press("/");
    await page.keyboard.type("group]");
    await page.getByText("2 found").waitFor();
    await page.getByRole("button", { name: "Only", exact: true }).click();
    await hasRows(page, ["##[group]Inner", "##[endgroup]"]);
    await page.getByRole("button", { name: "Only", exact: true }).click();
    await hasRows(page, ["Outer3 lines"]);
  });
});

describe("a run of the same line", () => {
  it("is one row with its count, and opened by a link into it", async () => {
    const producer = await producers.open();
    await producer.write(`begin\n${"waiting\n".repeat(500)}end\n`);
    await producer.end();
    const page = await open(producer);
    await hasRows(page, ["begin", "waiting× 500", "end"]);
    expect((await rowsOf(page)).map(({ number }) => number)).toEqual(["1", "2", "502"]);
    await page.evaluate("location.hash = '#L300'");
    await page.locator(".row.selected", { hasText: "waiting" }).waitFor();
    expect(await page.locator(".row.selected .number").textContent()).toBe("300");
  });
});

describe("the formats", () => {
  it("of Buildkite: headers are open or muted, and a diff has none", async () => {
    const producer = await producers.open();
    const lines = [
      "~~~ Prepare",
      "p",
      "--- Build",
      "b",
      "+++ Test",
      "--- a/x",
      "+++ b/x",
      "@@ -1 +1 @@",
      "--- Last",
      "l",
    ];
    await producer.write(`${lines.join("\n")}\n`);
    await producer.end();
    const page = await open(producer);
    const test = ["Test3 lines", "--- a/x", "+++ b/x", "@@ -1 +1 @@"];
    await hasRows(page, ["Prepare1 line", "Build1 line", ...test, "Last", "l"]);
    expect(await page.locator(".row.fold-muted .text").count()).toBe(1);
  });

  it("of GitLab: sections have their headers' text and their own times", async () => {
    const producer = await producers.open();
    const begin = "\x1b[0Ksection_start:100:one[collapsed=true]\r\x1b[0K\x1b[36mThe first\x1b[0m";
    const turn = "section_end:175:one\r\x1b[0Ksection_start:175:two\r\x1b[0KThe second";
    await producer.write([begin, "1", turn, "2", "section_end:180:two\r\x1b[0K", "done", ""].join("\n"));
    await producer.end();
    const page = await open(producer);
    await shows(page, "done");
    await hasRows(page, ["The first1 line", "The second1 line", "done"]);
    expect((await rowsOf(page)).map(({ text }) => text)).toEqual([
      "The first1 line, 1 min 15 s",
      "The second1 line, 5.0 s",
      "done",
    ]);
  });
});
