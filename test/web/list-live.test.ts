// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open(path: string): Promise<Page> {
  const tab = await openTab(browser, server.url, path, { key: server.apiKey, timezoneId: "Asia/Tokyo" });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.getByText("live", { exact: true }).waitFor();
  return tab.page;
}

function rowOf(page: Page, id: string) {
  return page.locator("tr", { has: page.locator(`a[href="/executions/${id}"]`) });
}

describe("the row of a running execution", () => {
  it("has its duration and the size of its output so far, and the exact values on request", async () => {
    const producer = await producers.open();
    await producer.write("x".repeat(1_499), { type: "stderr", data: "\n" });
    const page = await open("/");
    const row = rowOf(page, producer.id);
    await row.getByText("1.5 kB").waitFor();
    expect(await row.getByText("1.5 kB").getAttribute("title")).toBe("1,500 bytes");
    const duration = () => row.locator("td").nth(4).textContent();
    const first = await duration();
    expect(first).toMatch(/^\d+(\.\d)? s$/);
    await expect.poll(duration).not.toBe(first);
    await expect.poll(() => row.locator("time").textContent()).toBe("just now");
    expect(await row.locator("time").getAttribute("title")).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await producer.write("y".repeat(8_600));
    await row.getByText("10 kB").waitFor();
    await producer.end();
    await row.locator(".status.succeeded").waitFor();
  });
});

describe("the filters of the list", () => {
  it("take parts of names, in any case of letters, also for what comes later", async () => {
    const page = await open("/");
    await page.getByLabel("Action", { exact: true }).fill("RE.LOC");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/?action=RE.LOC");
    const later = await producers.open();
    await rowOf(page, later.id).waitFor();
    await page.getByLabel("User").fill("nobody");
    await page.keyboard.press("Enter");
    await page.getByText("No executions match the filters.").waitFor();
    await later.end();
  });

  it("take a time range, which the address has for each reader's zone", async () => {
    const producer = await producers.open();
    await producer.end();
    const page = await open("/");
    await page.getByLabel("Started", { exact: true }).selectOption("1h");
    await page.waitForURL("**/?since=1h");
    await rowOf(page, producer.id).waitFor();
    await page.getByLabel("Started", { exact: true }).selectOption("own");
    await page.getByLabel("Started before").fill("2026-01-02T09:00");
    await page.waitForURL(`**/?to=${encodeURIComponent("2026-01-02T00:00:00.000Z")}`);
    await page.getByText("No executions match the filters.").waitFor();
    await page.goto(`${server.url}/?from=2026-01-02T00:00:00.000Z`);
    await rowOf(page, producer.id).waitFor();
    expect(await page.getByLabel("Started after").inputValue()).toBe("2026-01-02T09:00");
  });
});
