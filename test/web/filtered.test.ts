// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { rowsOf, shows } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open({ id }: Producer, more: string): Promise<Page> {
  const tab = await openTab(browser, server.url, `/executions/${id}${more}`, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.locator(".log").focus();
  return tab.page;
}

const ERROR = "main.c:3:5: error: expected ';'";

/** 1,000 lines on stderr, among 1,003 on stdout. Two of these are errors: the lines 1,001 and 1,502. */
async function mixed(): Promise<Producer> {
  const producer = await producers.open();
  const lines = (type: "stdout" | "stderr", from: number, to: number) => {
    const texts = Array.from({ length: to - from + 1 }, (_, at) => `${type} ${from + at}\n`);
    return { type, data: texts.join("") };
  };
  await producer.write(lines("stderr", 1, 500), lines("stdout", 1, 500), `${ERROR}\n`);
  await producer.write(lines("stderr", 501, 1_000), `${ERROR} again\n`, lines("stdout", 501, 1_000));
  await producer.write("the end\n");
  await producer.end();
  return producer;
}

function selected(page: Page) {
  return page.locator(".row.selected .text").allTextContents();
}

async function selects(page: Page, texts: string[]): Promise<void> {
  await until(`${texts} is selected`, async () => (await selected(page)).join() === texts.join());
}

describe("with some streams hidden", () => {
  it("the next error is the next one that is shown", async () => {
    const page = await open(await mixed(), "?type=stdout");
    await shows(page, "the end");
    await page.keyboard.press("e");
    await page.getByText("Error 1 of 2").waitFor();
    await selects(page, [ERROR]);
    await page.keyboard.press("e");
    await page.getByText("Error 2 of 2").waitFor();
    await selects(page, [`${ERROR} again`]);
    await page.getByRole("button", { name: "stderr", exact: true }).click();
    await shows(page, "the end");
    await page.locator(".log").focus();
    await page.keyboard.press("e");
    await page.getByText("Error 1 of 2").waitFor();
    await until("lines of stderr are selected", async () => (await selected(page))[0] === "stderr 1");
  });

  it("an address leads to its line, or to the next one that is shown", async () => {
    const producer = await mixed();
    const page = await open(producer, "?type=stdout#L600");
    await selects(page, ["stdout 100"]);
    const other = await open(producer, "?type=stdout#L1200");
    await shows(other, `${ERROR} again`);
    expect(await selected(other)).toEqual([]);
    const chunk = await open(producer, "?type=stdout#S5");
    await selects(chunk, [`${ERROR} again`]);
  });

  it("an address leads to a line that is not written yet", async () => {
    const producer = await producers.open();
    await producer.write({ type: "stderr", data: "hidden\n".repeat(300) });
    const page = await open(producer, "?type=stdout#L302");
    await page.getByText("Line 302 is not written yet").waitFor();
    await producer.write("301\n302\n", "after\n".repeat(300));
    await selects(page, ["302"]);
  });

  it("the lines that are shown are copied", async () => {
    const page = await open(await mixed(), "?type=stdout#L499-L502");
    await selects(page, ["stdout 1", "stdout 2"]);
    await page.keyboard.press("Control+c");
    await page.getByText("2 lines copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("stdout 1\nstdout 2\n");
  });

  it("keys select the lines beside a selected one", async () => {
    const page = await open(await mixed(), "?type=stdout#L1001");
    await selects(page, [ERROR]);
    await page.keyboard.press("Shift+ArrowDown");
    await selects(page, [ERROR, `${ERROR} again`]);
    expect((await rowsOf(page)).map(({ text }) => text)).toContain(ERROR);
  });
});
