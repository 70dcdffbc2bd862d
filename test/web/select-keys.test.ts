// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open({ id }: Producer): Promise<Page> {
  const tab = await openTab(browser, server.url, `/executions/${id}`, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.locator(".log").focus();
  return tab.page;
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** The numbers of the selected lines that are on the screen as a whole. */
function selected(page: Page): Promise<number[]> {
  return page.locator(".log").evaluate((log) => {
    const view = log.getBoundingClientRect();
    return [...log.querySelectorAll(".selected")].flatMap((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      const number = Number(row.querySelector(".number")?.textContent);
      return top >= view.top - 1 && bottom <= view.bottom + 1 ? [number] : [];
    });
  });
}

const selects = (page: Page, ...lines: number[]) => expect.poll(() => selected(page)).toEqual(lines);
const says = (page: Page, text: string) =>
  page.locator(".log-frame > [role=status]", { hasText: text }).waitFor({ state: "attached" });

describe("keys", () => {
  it("select a line, further lines and fewer again, move the selection, copy its link and clear it", async () => {
    const producer = await producers.open();
    await producer.write("one\ntwo\nthree\nfour\nfive\n");
    await producer.end();
    const page = await open(producer);
    await stands(page, /^complete/);
    await press(page, "Shift+ArrowDown");
    await selects(page, 1);
    await says(page, "line 1: one");
    await press(page, "Shift+ArrowDown", "J");
    await selects(page, 1, 2, 3);
    await says(page, "lines 1 to 3 selected");
    await press(page, "K");
    await selects(page, 1, 2);
    await press(page, "j");
    await selects(page, 3);
    await press(page, "ArrowUp", "Shift+ArrowUp");
    await selects(page, 1, 2);
    await press(page, "Enter");
    await page.getByText("Link copied").waitFor();
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe(
      `${server.url}/executions/${producer.id}#L1-L2`,
    );
    await press(page, "Escape");
    await selects(page);
    await says(page, "selection cleared");
    expect(page.url()).toBe(`${server.url}/executions/${producer.id}`);
  });

  it("put the selection into the address, also if the address changes at once in another way", async () => {
    const producer = await producers.open();
    await producer.write("one\ntwo\n");
    await producer.end();
    const page = await open(producer);
    await stands(page, /^complete/);
    await press(page, "Shift+ArrowDown", "t");
    await until("the address has both", () => page.url().endsWith("?time=elapsed#L1"));
  });

  it("put the selection into the address, and extend one that a click made", async () => {
    const producer = await producers.open();
    await producer.write("one\ntwo\nthree\nfour\n");
    await producer.end();
    const page = await open(producer);
    await page.locator("a.number", { hasText: "2" }).click();
    await press(page, "Shift+ArrowDown");
    await selects(page, 2, 3);
    await expect.poll(() => page.url()).toMatch(/#L2-L3$/);
    await page.reload();
    await selects(page, 2, 3);
  });

  it("leave their lines in the address if all is folded or opened at once", async () => {
    const producer = await producers.open();
    await producer.write("one\n::group::A\ntwo\n::endgroup::\n");
    await producer.end();
    const page = await open(producer);
    await page.getByRole("button", { name: "Unfold all" }).waitFor();
    await press(page, "Shift+ArrowDown", "F");
    await expect.poll(() => page.url()).toMatch(/\?fold=none#L1$/);
  });

  it("pass over lines that have no row", async () => {
    const producer = await producers.open();
    await producer.write("one\ntwo\n\x1b[1Atwo again\nfour\n");
    await producer.end();
    const page = await open(producer);
    await shows(page, "two again");
    await press(page, "Shift+ArrowDown", "j", "j");
    await says(page, "line 4: four");
    await press(page, "k");
    await says(page, "line 2: two again");
  });

  it.each([false, true])(
    "keep the line in view, at the end of the screen and beyond: wrapped %s",
    async (wraps) => {
      const producer = await producers.open();
      await producer.writeLines(1, 300, (line) => `line ${line} ${"long ".repeat(wraps ? 45 : 1)}`);
      await producer.end();
      const page = await open(producer);
      await stands(page, /^complete/);
      if (wraps) await press(page, "w");
      await press(page, "g");
      await shows(page, "line 1 ");
      await press(page, "Shift+ArrowDown", "Shift+PageDown", "j", "j");
      const [line = 0] = await expect
        .poll(() => selected(page))
        .toHaveLength(1)
        .then(() => selected(page));
      expect(line).toBeGreaterThan(3);
      for (let at = 1; at <= 10; at++) {
        await press(page, "j");
        await selects(page, line + at);
      }
      await press(page, "g");
      await press(page, "k");
      await selects(page, line + 9);
    },
  );

  it("select in a live output, which stays where it is", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 200);
    const page = await open(producer);
    await shows(page, "line 200 ");
    await press(page, "Shift+ArrowUp");
    await selects(page, 200);
    await producer.writeLines(201, 300);
    await page.getByText("100 new lines").waitFor();
    await selects(page, 200);
    await producer.end();
  });
});
