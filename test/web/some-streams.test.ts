// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

/** The last line of stderr; each fifth line is on stderr. */
const LAST = 10_000;

let producer: Producer;

beforeAll(async () => {
  producer = await producers.open();
  for (let from = 1; from <= LAST; from += 500) {
    const chunks: { type: OutputType; data: string }[] = [];
    for (let at = from; at < from + 500; at += 5) {
      const out = [at, at + 1, at + 2, at + 3].map((line) => `out ${line} ${"·".repeat(50)}\n`).join("");
      chunks.push({ type: "stdout", data: out }, { type: "stderr", data: `err ${at + 4}\n` });
    }
    await producer.write(...chunks);
  }
  await producer.end();
});

/** The page with stderr alone. */
async function open(hash = ""): Promise<Page> {
  const tab = await openTab(browser, server.url, `/executions/${producer.id}?type=stderr${hash}`, {
    key: server.apiKey,
  });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

async function selects(page: Page, ...lines: number[]): Promise<void> {
  const selected = () => page.locator(".row.selected .text").allTextContents();
  await expect.poll(selected, { timeout: 10_000 }).toEqual(lines.map((line) => `err ${line}`));
}

it("a link leads to its line, and to the next one of the shown streams", async () => {
  const page = await open("#L5000");
  await selects(page, 5_000);
  await page.evaluate("location.hash = '#L2001-L2010'");
  await selects(page, 2_005, 2_010);
  await page.evaluate("location.hash = '#S200'");
  await selects(page, 500);
});

it("keys extend the line that a click selected, and copy and visit those of the shown streams", async () => {
  const page = await open("#L1000");
  await selects(page, 1_000);
  await page.locator("a.number", { hasText: /^1005$/ }).click();
  await page.keyboard.press("Shift+ArrowDown");
  await selects(page, 1_005, 1_010);
  await page.keyboard.press("Control+c");
  await page.getByText("2 lines copied").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe("err 1005\nerr 1010\n");
  await page.keyboard.press("c");
  await page.getByText("Link to the chunk copied").waitFor();
  expect(await page.evaluate<string>("navigator.clipboard.readText()")).toMatch(/#S402$/);
  await page.keyboard.press("e");
  await selects(page, 1_015);
});

it("a step to an error goes to its line", async () => {
  const page = await open();
  await shows(page, `err ${LAST}`);
  await page.keyboard.press("e");
  await selects(page, 5);
});

it("a link whose line cannot be looked up says why", async () => {
  const page = await open();
  await shows(page, `err ${LAST}`);
  await page.route(/\/output\/lines\?line=3000(?:&|$)/, (route) => route.fulfill({ status: 503 }));
  await page.evaluate("location.hash = '#L3000'");
  await page.locator(".toast", { hasText: "503" }).waitFor();
});
