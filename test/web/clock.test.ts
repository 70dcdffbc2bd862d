// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

const HOURS_MS = 2 * 60 * 60 * 1000;

/** The execution's running time, as the page shows it. */
function ageOf(page: Page): Promise<string | null> {
  return page.locator(".facts b").first().textContent();
}

describe("a reader whose clock is two hours off", () => {
  it.each([
    ["ahead", HOURS_MS],
    ["behind", -HOURS_MS],
  ])("sees the true running time of an execution: %s", async (_, offset_ms) => {
    const producer = await producers.open();
    await producer.write("one\n");
    const tab = await openTab(browser, server.url, "/", { key: server.apiKey });
    afterTest(async () => {
      await tab.close();
      expect(tab.errors).toEqual([]);
    });
    const { page } = tab;
    await page.addInitScript(`{
      const now = Date.now;
      globalThis.offset_ms = ${offset_ms};
      Date.now = () => now() + globalThis.offset_ms;
    }`);
    await page.goto(`${server.url}/executions/${producer.id}`);
    await shows(page, "one");
    await until("the age is there", async () => /^[1-9]\.\d s$/.test((await ageOf(page)) ?? ""));

    // The reader's clock is corrected while the page is open.
    await page.evaluate("globalThis.offset_ms = 0");
    const seen = new Set<string>();
    await until("the age goes on", async () => {
      seen.add((await ageOf(page)) ?? "");
      return seen.size > 2;
    });
    for (const age of seen) expect(age).toMatch(/^(\d\.\d s|1\d s|…)$/);
    await producer.end();
  });
});
