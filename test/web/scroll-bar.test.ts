// @module-tag chromium-headless-shell

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { launchBrowser, openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { producers, server } from "./support/shared-server.ts";

/** A browser that shows scroll bars. */
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser({ ignoreDefaultArgs: ["--hide-scrollbars"] });
});
afterAll(() => browser?.close());

/** With more rows than this, the bar is a scale: its pixels are not those of the text. */
const SCALE_LINES = 450_000;

async function open(lines: number): Promise<Page> {
  const producer = await producers.open();
  await producer.writeLines(1, lines, (line) => `line ${line}`);
  await producer.end();
  const tab = await openTab(browser, server.url, `/executions/${producer.id}`, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await stands(tab.page, /^complete/);
  await tab.page.locator(".log").focus();
  await tab.page.keyboard.press("g");
  await shows(tab.page, "line 1");
  return tab.page;
}

/** The number of the first line that is on the screen. */
async function first(page: Page): Promise<number> {
  return page.locator(".log").evaluate((log) => {
    const { top } = log.getBoundingClientRect();
    const row = [...log.querySelectorAll(".row")].find((one) => one.getBoundingClientRect().bottom > top + 4);
    return Number(row?.querySelector(".number")?.textContent);
  });
}

/** The first line once it is another one than before, and has been the same in many frames. */
async function standing(page: Page, before: number): Promise<number> {
  let last = before;
  await until("the page has moved, and stands", async () => {
    const was = last;
    await page.evaluate(`new Promise((resolve) => {
      let frames = 0;
      const next = () => (++frames === 20 ? resolve() : requestAnimationFrame(next));
      next();
    })`);
    last = await first(page);
    return last !== before && last === was;
  });
  return last;
}

describe("a click on the track of the scroll bar", () => {
  it.each([2_000, SCALE_LINES])("goes one page down or up in an output of %d lines", async (lines) => {
    const page = await open(lines);
    const box = (await page.locator(".log").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const [x, above, below] = [box.x + box.width - 7, box.y + 20, box.y + box.height - 40];
    const page_rows = Math.floor(box.height / 20);
    const moves: number[] = [];
    for (const [y, sign] of [
      [below, 1],
      [below, 1],
      [above, -1],
      [above, -1],
    ] as const) {
      // Near the start, the thumb is at the upper place.
      if (y === above && moves.length === 2)
        await page.keyboard.press("G").then(() => shows(page, `line ${lines}`));
      const before = await first(page);
      await page.mouse.click(x, y);
      moves.push(sign * ((await standing(page, before)) - before));
    }
    expect(Math.min(...moves), `${moves} of ${page_rows} rows`).toBeGreaterThan(page_rows * 0.7);
    expect(Math.max(...moves), `${moves} of ${page_rows} rows`).toBeLessThanOrEqual(page_rows);
  });
});
