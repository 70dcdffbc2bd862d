// @module-tag chromium-headless-shell
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { afterTest, clientOf, scratch, until } from "../support/world.ts";
import { launchBrowser, openTab } from "./support/browser.ts";

/** More executions than two pages show. */
const MANY = 120;

let server: Server;
let client: Client;
let browser: Browser;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  client = clientOf(server.url, server.apiKey);
  // No agent runs them, so they wait until they are canceled.
  await client.register({
    actions: ["many", "few", "other"].map((name) => ({
      pack: "core",
      name,
      runner_type: "local-shell-cmd",
      parameters: {},
      tags: [],
    })),
  });
  for (let made = 0; made < MANY; made++) await create("core.many");
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

function create(action: string): Promise<{ id: string }> {
  return client.create({ action, parameters: { cmd: "true" } });
}

async function open(path: string, url = server.url, { clock = false } = {}): Promise<Page> {
  const tab = await openTab(browser, url, path, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  if (clock) {
    await tab.page.clock.install();
    await tab.page.reload();
  }
  await tab.page.locator("tbody tr").first().waitFor();
  return tab.page;
}

async function idsOf(page: Page): Promise<(string | undefined)[]> {
  const links = page.locator("tbody tr a");
  return links.evaluateAll((all) => all.map((link) => link.getAttribute("href")?.split("/").at(-1)));
}

/** Waits until the page shows this part of the list, in its foot and its rows. */
async function showsPart(page: Page, part: string, ids: string[]): Promise<void> {
  await page.getByText(part, { exact: true }).waitFor();
  await expect.poll(() => idsOf(page)).toEqual(ids);
}

describe("a list of several pages", () => {
  it("is paged by the keyboard, and the address has the page", async () => {
    const all = (await client.list({ action: "core.many", limit: 100 })).map(({ id }) => id);
    const rest = await client.list({ action: "core.many", limit: 100, offset: 100 });
    all.push(...rest.map(({ id }) => id));
    const page = await open("/?action=core.many");
    await showsPart(page, `1–50 of ${MANY}`, all.slice(0, 50));
    await page.keyboard.press("ArrowRight");
    await page.waitForURL("**/?action=core.many&offset=50");
    await showsPart(page, `51–100 of ${MANY}`, all.slice(50, 100));
    await page.keyboard.press("ArrowRight");
    await showsPart(page, `101–120 of ${MANY}`, all.slice(100));
    await page.keyboard.press("ArrowRight");
    await page.reload();
    expect(page.url()).toBe(`${server.url}/?action=core.many&offset=100`);
    await showsPart(page, `101–120 of ${MANY}`, all.slice(100));
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/executions/${all[102]}`);
    await page.goBack();
    await showsPart(page, `101–120 of ${MANY}`, all.slice(100));
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL("**/?action=core.many&offset=50");
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL("**/?action=core.many");
    await showsPart(page, `1–50 of ${MANY}`, all.slice(0, 50));
    await page.keyboard.press("ArrowLeft");
    await page.goBack();
    await showsPart(page, `51–100 of ${MANY}`, all.slice(50, 100));
  });
});

describe("a page whose rows are being loaded", () => {
  it("does not open the old rows that it still shows", async () => {
    const page = await open("/?action=core.many");
    const asked = Promise.withResolvers<void>();
    await page.route(
      ({ searchParams }) => searchParams.get("offset") === "50",
      async (route) => {
        await asked.promise;
        await route.continue();
      },
    );
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    asked.resolve();
    await page.getByText(`51–100 of ${MANY}`).waitFor();
    const [first] = await idsOf(page);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/executions/${first}`);
  });
});

describe("the marked row", () => {
  it("is the first until another is chosen, and then stays on its execution", async () => {
    const first = await create("core.few");
    const second = await create("core.few");
    const page = await open("/?action=core.few");
    await page.getByText("live", { exact: true }).waitFor();
    const marked = () => page.locator("tr.current a").getAttribute("href");
    expect(await marked()).toBe(`/executions/${second.id}`);
    const third = await create("core.few");
    await expect.poll(marked).toBe(`/executions/${third.id}`);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await marked()).toBe(`/executions/${first.id}`);
    const fourth = await create("core.few");
    await showsPart(page, "1–4 of 4", [fourth.id, third.id, second.id, first.id]);
    expect(await marked()).toBe(`/executions/${first.id}`);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/executions/${first.id}`);
  });
});

describe("a mark that moves out of sight", () => {
  it("is scrolled into sight, and not behind the head of the table", async () => {
    const page = await open("/?action=core.many");
    await expect.poll(async () => (await idsOf(page)).length).toBe(50);
    for (let moved = 0; moved < 40; moved++) await page.keyboard.press("j");
    for (let moved = 0; moved < 35; moved++) await page.keyboard.press("k");
    const head = await page.locator("th").first().boundingBox();
    const row = await page.locator("tr.current").boundingBox();
    expect(row?.y).toBeGreaterThanOrEqual((head?.y ?? 0) + (head?.height ?? 0) - 1);
    expect(row?.y).toBeLessThan(800);
  });
});

describe("a list's connection", () => {
  it("is shown as lost, and later the list has all changes from the break", async () => {
    const proxy = await FaultyProxy.before(server.url);
    afterTest(() => proxy.close());
    const before = await create("core.other");
    const page = await open("/?action=core.other", proxy.url);
    await page.getByText("live", { exact: true }).waitFor();
    const is_stream = (url: URL) => url.pathname.startsWith("/stream/");
    await page.route(is_stream, (route) => route.abort("connectionrefused"));
    proxy.mend();
    const status = page.getByRole("toolbar", { name: "Filters" }).getByRole("status");
    await until("it says when it tries again", async () =>
      /reconnecting in \d+ s$/.test((await status.textContent()) ?? ""),
    );
    const after = await create("core.other");
    await client.cancel(before.id);
    await page.unroute(is_stream);
    await page.getByText("live", { exact: true }).waitFor();
    await showsPart(page, "1–2 of 2", [after.id, before.id]);
    await expect
      .poll(() => page.locator("tbody .status").allTextContents())
      .toEqual([expect.not.stringMatching("canceled"), "canceled"]);
  });
});

describe("a dead connection of a list", () => {
  it("is replaced when the network comes back", async () => {
    const proxy = await FaultyProxy.before(server.url);
    afterTest(() => proxy.close());
    const page = await open("/?action=core.many", proxy.url);
    await page.getByText("live", { exact: true }).waitFor();
    proxy.cut();
    const [first] = await idsOf(page);
    await client.cancel(first ?? "");
    await page.evaluate(`window.dispatchEvent(new Event("online"))`);
    await page.getByText(/^reconnecting/).waitFor();
    proxy.mend();
    await page.getByText("live", { exact: true }).waitFor();
    const row = page.locator("tr", { has: page.locator(`a[href="/executions/${first}"]`) });
    await row.locator(".status.canceled").waitFor();
  });
});

describe("a silent connection of a list", () => {
  it("is replaced without any other sign that it is dead", async () => {
    const proxy = await FaultyProxy.before(server.url);
    afterTest(() => proxy.close());
    const page = await open("/?action=core.many", proxy.url, { clock: true });
    await page.getByText("live", { exact: true }).waitFor();
    const [first] = await idsOf(page);
    proxy.leaveHalfOpen();
    await client.cancel(first ?? "");
    await page.clock.runFor(15_000);
    const row = page.locator("tr", { has: page.locator(`a[href="/executions/${first}"]`) });
    await row.locator(".status.canceled").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
  });
});

describe("a changed execution", () => {
  it("is updated in its row at once, and gets no row if it is on a later page", async () => {
    const oldest = (await client.list({ action: "core.many", limit: 1, offset: MANY - 1 }))[0];
    const page = await open("/?action=core.many");
    await page.getByText("live", { exact: true }).waitFor();
    const [newest] = await idsOf(page);
    await client.cancel(oldest?.id ?? "");
    await client.cancel(newest ?? "");
    await page.locator("tr", { hasText: "canceled" }).waitFor();
    expect((await idsOf(page)).includes(oldest?.id)).toBe(false);
    expect(await page.locator(".pager").textContent()).toContain(`1–50 of ${MANY}`);
  });
});
