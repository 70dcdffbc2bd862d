// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

/** A common window at 200 %, and the narrowest one that a page has to suit. */
const WINDOWS = [
  ["a window at 200 %", { width: 640, height: 400 }],
  ["a window of 320 pixels", { width: 320, height: 640 }],
] as const;

async function open(path: string, viewport: { width: number; height: number }): Promise<Page> {
  const tab = await openTab(browser, server.url, path, { key: server.apiKey, viewport });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** An ended output that fills the window, with an error. */
async function ended(exit_code: number): Promise<string> {
  const producer = await producers.open("make --jobs 8 all-of-the-many-targets");
  await producer.writeLines(1, 60);
  await producer.write({ type: "stderr", data: "error: the last part is missing\n" });
  const error = "The release has failed: two of its parts are missing.\nSee the last lines of the output.";
  await producer.end(exit_code, exit_code === 0 ? {} : { error });
  return producer.id;
}

function overflow(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
}

describe("a window at 400 %", () => {
  it("scrolls to the output, which fills it", async () => {
    const viewport = { width: 320, height: 256 };
    const page = await open(`/executions/${await ended(3)}`, viewport);
    await stands(page, /^complete/);
    await page.locator(".log").focus();
    const log = page.locator(".log");
    await expect.poll(async () => (await log.boundingBox())?.y).toBeLessThanOrEqual(40);
    const box = await log.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(0.75 * viewport.height);
    expect(await overflow(page)).toBe(0);
  });
});

describe.each(WINDOWS)("%s", (_, viewport) => {
  it.each([0, 3])(
    "has at least half of its height for an output with the exit code %i",
    async (exit_code) => {
      const page = await open(`/executions/${await ended(exit_code)}`, viewport);
      await stands(page, /^complete/);
      await shows(page, "error: the last part");
      const log = await page.locator(".log").boundingBox();
      expect(log?.height).toBeGreaterThanOrEqual(viewport.height / 2);
      expect(await overflow(page)).toBe(0);
      await page.getByRole("button", { name: "Search" }).click();
      await page.keyboard.type("line 7");
      await page.getByText("1 found").waitFor();
      expect((await page.locator(".log").boundingBox())?.height).toBeGreaterThanOrEqual(viewport.height / 2);
    },
  );

  it("has every control of the output in a menu", async () => {
    const page = await open(`/executions/${await ended(0)}`, viewport);
    await stands(page, /^complete/);
    const view = page.getByRole("button", { name: "View", expanded: false });
    for (const [menu, control] of [
      ["View", "Wrap"],
      ["View", "stderr"],
      ["More", "Share"],
      ["Menu", "Sign out"],
    ] as const) {
      const button = page.getByRole("button", { name: control, exact: true });
      expect(await button.isVisible()).toBe(false);
      await page.getByRole("button", { name: menu, exact: true }).click();
      await button.hover();
      const box = await button.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
      await page.keyboard.press("Escape");
      await button.waitFor({ state: "hidden" });
    }
    await view.click();
    await page.getByRole("button", { name: "Wrap" }).click();
    await page.locator(".log.wrap").waitFor();
    await page.locator(".foot").click();
    await view.waitFor();
  });

  it("shows each execution of the list whole, and its filters in a menu", async () => {
    await ended(3);
    const page = await open("/", viewport);
    await page.getByRole("button", { name: /^\d+ failed/ }).waitFor();
    expect(await overflow(page)).toBe(0);
    const row = page.locator("tbody tr").first();
    for (const text of ["core.local", "failed", "just now"]) {
      const box = await row.getByText(text, { exact: true }).first().boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? Number.NaN)).toBeLessThanOrEqual(viewport.width);
    }
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Status").selectOption("succeeded");
    await page.waitForURL("**/?status=succeeded");
  });
});
