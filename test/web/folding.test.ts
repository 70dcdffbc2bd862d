// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { rowsOf } from "./support/log-page.ts";
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
    await head(page, "Build").press("Enter");
    await hasRows(page, ["begin", "Build2 lines", "between", "Test1 line", "last"]);
    // The new button has the focus.
    await page.keyboard.press("Enter");
    await hasRows(page, opened);
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
