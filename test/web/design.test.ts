// @module-tag chromium-headless-shell
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest, ROOT } from "../support/world.ts";
import { violations } from "./support/axe.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open(path: string, options: BrowserContextOptions & { key?: string } = {}): Promise<Page> {
  const tab = await openTab(browser, server.url, path, { key: server.apiKey, ...options });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** The value of a style of the first element that a selector finds. */
function styleOf(page: Page, selector: string, name: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate(
      (element, name) => element.ownerDocument.defaultView?.getComputedStyle(element)[name as "color"] ?? "",
      name,
    );
}

/** A failed output with both streams and another row. */
async function failed(): Promise<string> {
  const producer = await producers.open();
  await producer.write("built\n", { type: "stderr", data: "broken\n" }, { type: "other", data: "cut\n" });
  await producer.end(3);
  return producer.id;
}

describe("a list without executions", () => {
  it("says how to start one, and with filters shows all again", async () => {
    const page = await open("/");
    await page.getByText('tailrace run core.local "echo hello" --tail').waitFor();
    expect(await page.getByRole("link", { name: "Run an action" }).getAttribute("href")).toBe("/run");
    await page.getByLabel("Status").selectOption("failed");
    await page.getByRole("button", { name: "Show all executions" }).click();
    await page.getByText("Nothing has run yet").waitFor();
    expect(page.url()).toBe(`${server.url}/`);
  });
});

describe("the overview of the list", () => {
  it("counts what runs and what has failed, says since when, and shows only these", async () => {
    const running = await producers.open();
    await failed();
    const page = await open("/");
    const runs = page.getByRole("button", { name: /^1 running longest \d/ });
    await runs.waitFor();
    await page.getByRole("button", { name: "1 failed last one just now" }).click();
    await page.waitForURL("**/?status=failed");
    await expect.poll(() => page.locator("tbody .status").allTextContents()).toEqual(["failed"]);
    await page.getByRole("button", { name: /^1 failed/, pressed: true }).click();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(2);
    await running.end();
    await page.getByRole("button", { name: "0 running" }).waitFor();
  });
});

describe("rows that are being loaded", () => {
  it("have their place already, so that nothing moves when they come", async () => {
    await failed();
    const page = await open("/none");
    const asked = Promise.withResolvers<void>();
    await page.route(/\/api\/v1\/executions\?.*limit=50/, async (route) => {
      await asked.promise;
      await route.continue();
    });
    await page.goto(server.url);
    const place = await page.locator(".skeleton").boundingBox();
    asked.resolve();
    await page.locator("tbody tr").first().waitFor();
    const row = await page.locator("tbody tr").first().boundingBox();
    // A table draws half of an edge outside of its rows.
    expect(Math.abs((row?.y ?? 0) - (place?.y ?? 0))).toBeLessThan(1);
    expect(await page.locator(".skeleton").count()).toBe(0);
  });
});

describe("an output that is being loaded", () => {
  it("is said to be, if it takes longer than a moment, and its facts have their place", async () => {
    const id = await failed();
    const page = await open("/none");
    const asked = Promise.withResolvers<void>();
    await page.route(/\/api\/v1\/executions\/\w+/, async (route) => {
      await asked.promise;
      await route.continue();
    });
    await page.goto(`${server.url}/executions/${id}`);
    await page.getByText("Reading the output …").waitFor();
    const place = await page.locator(".facts").boundingBox();
    asked.resolve();
    await shows(page, "broken");
    await page.getByText("exit code 3", { exact: true }).waitFor();
    expect(await page.locator(".facts").boundingBox()).toEqual(place);
    expect(await page.getByText("Reading the output …").count()).toBe(0);
  });
});

describe("a theme", () => {
  it("is that of the system until one is chosen, also in other tabs, and is there before the first paint", async () => {
    const page = await open("/run", { colorScheme: "light" });
    expect(await styleOf(page, "body", "backgroundColor")).toBe("rgb(255, 255, 255)");
    const other = await page.context().newPage();
    await other.goto(`${server.url}/run`);
    await page.getByLabel("Theme").selectOption("dark");
    for (const tab of [page, other])
      await expect.poll(() => styleOf(tab, "body", "backgroundColor")).toBe("rgb(20, 23, 28)");
    await page.addInitScript(`
      new MutationObserver((_, observer) => {
        if (!document.body) return;
        globalThis.first = getComputedStyle(document.body).backgroundColor;
        observer.disconnect();
      }).observe(document, { childList: true, subtree: true });
    `);
    await page.reload();
    expect(await page.evaluate("globalThis.first")).toBe("rgb(20, 23, 28)");
    await page.getByLabel("Theme").selectOption("system");
    await expect.poll(() => styleOf(page, "body", "backgroundColor")).toBe("rgb(255, 255, 255)");
  });
});

describe("a page that the Back button shows again", () => {
  it("has the theme that was chosen since", async () => {
    const page = await open("/run", { colorScheme: "light" });
    await page.getByLabel("Theme").waitFor();
    await page.evaluate(`localStorage.setItem("tailrace.theme", "dark")`);
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
    await expect.poll(() => styleOf(page, "body", "backgroundColor")).toBe("rgb(20, 23, 28)");
    expect(await page.getByLabel("Theme").inputValue()).toBe("dark");
  });
});

describe("a dense list", () => {
  it("has lower rows, and is kept", async () => {
    await failed();
    const page = await open("/");
    const height = async () => (await page.locator("tbody tr").first().boundingBox())?.height ?? 0;
    await page.locator("tbody tr").first().waitFor();
    const comfortable = await height();
    await page.getByRole("button", { name: "Dense" }).click();
    await expect.poll(height).toBeLessThanOrEqual(comfortable - 10);
    await page.reload();
    await page.locator("tbody tr").first().waitFor();
    expect(await height()).toBeLessThanOrEqual(comfortable - 10);
  });
});

describe("the head of an output", () => {
  it("tells a run from others of its action by its parameters", async () => {
    const producer = await producers.open("make --jobs 8");
    await producer.end();
    const page = await open(`/executions/${producer.id}`);
    await page.locator(".head").getByText("cmd=make --jobs 8").waitFor();
  });
});

describe("an output in the whole window", () => {
  it("has all but its toolbar and its foot, by key and by button", async () => {
    const page = await open(`/executions/${await failed()}`);
    await shows(page, "broken");
    const height = async () => (await page.locator(".log").boundingBox())?.height ?? 0;
    const before = await height();
    await page.keyboard.press("z");
    await expect.poll(height).toBeGreaterThanOrEqual(0.88 * 800);
    await page.getByRole("button", { name: "Full window", pressed: true }).click();
    await expect.poll(height).toBe(before);
  });
});

describe("the frame", () => {
  it("marks the current page, and has the same mark as the tab", async () => {
    const current = (page: Page) => page.locator("nav [aria-current=page]").allTextContents();
    const page = await open("/");
    await page.getByRole("link", { name: "Executions" }).waitFor();
    expect(await current(page)).toEqual(["Executions"]);
    await page.goto(`${server.url}/run`);
    await page.getByRole("heading", { name: "Run an action" }).waitFor();
    expect(await current(page)).toEqual(["Run"]);
    const id = await failed();
    await page.goto(`${server.url}/executions/${id}`);
    await shows(page, "broken");
    expect(await current(page)).toEqual([]);
    const flow = await page.locator(".mark path").getAttribute("d");
    expect(readFileSync(join(ROOT, "web/page.html"), "utf8")).toContain(`d='${flow}'`);
  });
});

describe("colours that the system chooses", () => {
  it("leave pressed buttons, streams and the marked row apart", async () => {
    const id = await failed();
    const page = await open(`/executions/${id}`, { forcedColors: "active" });
    await shows(page, "broken");
    await page.getByRole("button", { name: "stdout" }).click();
    const button = (pressed: boolean) =>
      styleOf(page, `.tools button[aria-pressed=${pressed}]`, "backgroundColor");
    expect(await button(true)).not.toBe(await button(false));
    await page.getByRole("button", { name: "stdout" }).click();
    await shows(page, "built");
    const edge = (row: string) => styleOf(page, row, "borderLeft");
    const edges = await Promise.all([".row.stdout", ".row.stderr", ".row.other"].map(edge));
    expect(new Set(edges).size).toBe(3);
    expect(await violations(page)).toEqual([]);
    await page.goto(server.url);
    await page.locator("tr.current").waitFor();
    expect(await styleOf(page, "tr.current", "outlineStyle")).toBe("solid");
    expect(await violations(page)).toEqual([]);
  });
});

describe("more contrast", () => {
  it.each(["light", "dark"] as const)(
    "is at least 7 : 1 for every text of the frame, %s",
    async (colorScheme) => {
      const id = await failed();
      const page = await open(`/executions/${id}`, { colorScheme, contrast: "more" });
      await stands(page, /^complete/);
      const is_enhanced = { rules: ["color-contrast-enhanced"] };
      expect(await violations(page, is_enhanced)).toEqual([]);
      await page.goto(server.url);
      await page.locator("tr.current").waitFor();
      expect(await violations(page, is_enhanced)).toEqual([]);
    },
  );
});
