// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { FaultyProxy } from "../support/proxy.ts";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { noise } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";
import { noteStates, sharesOf } from "./support/states.ts";

/** A live output, behind a network that the test breaks. */
async function open(lines: number) {
  const proxy = await FaultyProxy.before(server.url);
  const producer = await producers.open();
  await producer.writeLines(1, lines, noise);
  const tab = await openTab(browser, proxy.url, `/executions/${producer.id}`, { key: server.apiKey });
  afterTest(async () => {
    proxy.close();
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await stands(tab.page, "live");
  await tab.page.locator(".status.running").waitFor();
  return { page: tab.page, proxy, producer };
}

/** Records from now on the texts that assistive technology reads out: each live region's text without its hidden parts. */
async function noteAnnouncements(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    globalThis.announced = [];
    const heard = new WeakMap();
    const textOf = (region) => {
      const copy = region.cloneNode(true);
      for (const hidden of copy.querySelectorAll("[aria-hidden=true]")) hidden.remove();
      return copy.textContent;
    };
    const note = () => {
      for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live=polite]")) {
        const text = textOf(region);
        if (text === (heard.get(region) ?? "")) continue;
        heard.set(region, text);
        if (text !== "") announced.push(text);
      }
    };
    note();
    announced.length = 0;
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
  `);
  return () => page.evaluate<string[]>("announced");
}

describe("the announcements of an output", () => {
  it("say the state of its connection and its end, but not each number", async () => {
    const { page, proxy, producer } = await open(100);
    const announced = await noteAnnouncements(page);
    const states = await noteStates(page);
    proxy.cut();
    await page.context().setOffline(true);
    await stands(page, /^offline, reconnecting/);
    await producer.writeLines(101, 20_000, noise);
    proxy.bytes_per_second = 300_000;
    proxy.mendSilently();
    await page.context().setOffline(false);
    await stands(page, "live");
    await producer.end(1);
    await stands(page, /^complete/);
    await page.locator(".status.failed").waitFor();
    expect(sharesOf(await states()).length).toBeGreaterThan(1);
    const texts = (await announced()).filter((text) => text !== "reconnecting");
    expect(texts.slice(0, 3)).toEqual(["offline, reconnecting", "catching up", "live"]);
    expect(texts.slice(3).toSorted()).toEqual([expect.stringMatching(/^complete, [\d.]+ MB$/), "failed"]);
  });

  it("leave its lines out, for any number of them", async () => {
    const { page, producer } = await open(10);
    const announced = await noteAnnouncements(page);
    await producer.writeLines(11, 5_000, noise);
    await shows(page, "line 5000 of");
    expect(await page.getByRole("log").getAttribute("aria-live")).toBe("off");
    expect(await announced()).toEqual([]);
  });

  it("say a search's result and each step in it, but not each number while the output grows", async () => {
    const { page, producer } = await open(20);
    const announced = await noteAnnouncements(page);
    await page.keyboard.press("/");
    await page.locator("#search-field:focus").waitFor();
    await page.keyboard.type("line 1");
    await page.getByText("11 found", { exact: true }).waitFor();
    await producer.writeLines(21, 100, noise);
    await page.getByText("12 found", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await until("both steps are told", async () => (await announced()).length === 3);
    expect(await announced()).toEqual(["11 matches", "match 12", "match 1"]);
  });
});
