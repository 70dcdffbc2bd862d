// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { stands } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

/** A page in a browser that is allowed to notify, or not. It notes the notifications that the page makes. */
async function open(id: string, permissions: string[], { constructs = true } = {}): Promise<Page> {
  const tab = await openTab(browser, server.url, "/run", { key: server.apiKey, permissions });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.addInitScript(`
    globalThis.notices = [];
    globalThis.Notification = class extends Notification {
      constructor(title, options) {
        if (!${constructs}) throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
        super(title, options);
        globalThis.notices.push(title);
      }
    };
  `);
  await tab.page.goto(`${server.url}/executions/${id}`);
  await stands(tab.page, "live");
  return tab.page;
}

const icon = (page: Page) => page.locator("link[rel=icon]").getAttribute("href");

describe("the tab of an execution", () => {
  it("shows its status in title and icon, and how it changes", async () => {
    const producer = await producers.open();
    const page = await open(producer.id, []);
    await expect.poll(() => page.title()).toBe("▶ running · core.local · Tailrace");
    const running = await icon(page);
    await producer.end(1);
    await expect.poll(() => page.title()).toBe("✗ failed · core.local · Tailrace");
    const failed = await icon(page);
    const other = await producers.open();
    await other.end();
    await page.goto(`${server.url}/executions/${other.id}`);
    await expect.poll(() => page.title()).toBe("✓ succeeded · core.local · Tailrace");
    expect(new Set([running, failed, await icon(page)]).size).toBe(3);
  });
});

describe("the end of an execution", () => {
  it("is notified of by the browser, once and on request", async () => {
    const producer = await producers.open();
    const page = await open(producer.id, ["notifications"]);
    const notify = page.getByRole("button", { name: "Notify" });
    await notify.click();
    await page.getByText("The browser will notify you when it ends").waitFor();
    expect(await notify.getAttribute("aria-pressed")).toBe("true");
    // Before it asks, the page tries whether the browser can make any.
    await page.evaluate("notices.length = 0");
    await producer.end(2);
    await expect.poll(() => page.evaluate("notices")).toEqual(["core.local: failed"]);
    await notify.waitFor({ state: "detached" });
  });

  it("is not notified of without a request", async () => {
    const producer = await producers.open();
    const page = await open(producer.id, ["notifications"]);
    await producer.end();
    await expect.poll(() => page.title()).toBe("✓ succeeded · core.local · Tailrace");
    expect(await page.evaluate("notices")).toEqual([]);
  });

  it("cannot be notified of if the browser refuses, and the page says what to do", async () => {
    const producer = await producers.open();
    const page = await open(producer.id, []);
    await page.getByRole("button", { name: "Notify" }).click();
    await page.getByText(/^The browser (does not allow|has not been allowed)/).waitFor();
    await producer.end();
  });

  it.each([[[]], [["notifications"]]])(
    "cannot be notified of by Chrome on Android, with the permissions %j, and the page says so",
    async (permissions) => {
      const producer = await producers.open();
      const page = await open(producer.id, permissions, { constructs: false });
      await page.getByRole("button", { name: "Notify" }).click();
      await producer.end();
      await page.getByText("This browser notifies of no pages").waitFor();
    },
  );
});
