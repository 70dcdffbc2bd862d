// @module-tag chromium-headless-shell
import type { Page, WebSocket } from "playwright-core";
import { describe, expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { afterTest, clientOf, scratch } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { rowsOf, shows, stands } from "./support/log-page.ts";
import { noise, type Producer, Producers } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";
import { kindsOf, noteStates, sharesOf } from "./support/states.ts";

interface Opened {
  page: Page;
  proxy: FaultyProxy;
  producer: Producer;
}

/** A new output with some lines in a live tab, behind a network that the test breaks. */
async function open(lines: number, { clock = false } = {}): Promise<Opened> {
  const proxy = await FaultyProxy.before(server.url);
  const producer = await producers.open();
  await producer.writeLines(1, lines, noise);
  const path = `/executions/${producer.id}`;
  const tab = await openTab(browser, proxy.url, clock ? "/" : path, { key: server.apiKey });
  afterTest(async () => {
    proxy.close();
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  const { page } = tab;
  if (clock) {
    await page.clock.install();
    await page.goto(proxy.url + path);
  }
  await stands(page, "live");
  await page.locator(".log").focus();
  return { page, proxy, producer };
}

/** Takes the network away. Only the browser tells the page. */
async function goOffline({ page, proxy }: Opened): Promise<void> {
  proxy.cut();
  await page.context().setOffline(true);
  await stands(page, /^offline, reconnecting/);
}

/** Gives the network back. Connections from before stay dead, without a sign. */
async function goOnline({ page, proxy }: Opened): Promise<void> {
  proxy.mendSilently();
  await page.context().setOffline(false);
}

/** Expects that the page has exactly these lines, once each. The selection has those that are not on the screen. */
async function hasLines(page: Page, count: number): Promise<void> {
  await shows(page, `line ${count} of`);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+c");
  await page.getByText(`${count.toLocaleString("en")} lines copied`).waitFor();
  const copied = await page.evaluate<string>("navigator.clipboard.readText()");
  const expected = Array.from({ length: count }, (_, at) => `${noise(at + 1)}\n`);
  // Compared without a diff, which would take long for so many lines.
  expect(copied === expected.join("")).toBe(true);
}

describe("a network that is lost without a sign", () => {
  it("is reported at once, and the missed lines are loaded, none lost or doubled", async () => {
    const opened = await open(100);
    const { page, proxy, producer } = opened;
    const states = await noteStates(page);
    await goOffline(opened);
    await producer.writeLines(101, 20_000, noise);
    proxy.bytes_per_second = 300_000;
    await goOnline(opened);
    await stands(page, "live");
    proxy.bytes_per_second = Number.POSITIVE_INFINITY;
    const seen = await states();
    expect(kindsOf(seen).filter((kind) => kind !== "reconnecting")).toEqual([
      "live",
      "offline, reconnecting",
      "catching up",
      "live",
    ]);
    const shares = sharesOf(seen);
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((one, other) => one - other));
    await hasLines(page, 20_000);
  });

  it("is not shown as live before it is", async () => {
    const opened = await open(10);
    const { page, proxy, producer } = opened;
    await goOffline(opened);
    const states = await noteStates(page);
    // The browser sees a network that carries nothing.
    await page.context().setOffline(false);
    await stands(page, /^reconnecting/);
    await producer.writeLines(11, 5_000, noise);
    await producer.end();
    proxy.mend();
    await stands(page, /^complete/);
    expect(kindsOf(await states())).not.toContain("live");
  });

  it("may be gone while the execution completes, and the bytes are counted", async () => {
    const opened = await open(10);
    const { page, producer } = opened;
    await goOffline(opened);
    await producer.writeLines(11, 5_000, noise);
    await producer.end(3);
    await goOnline(opened);
    const bytes = Array.from({ length: 5_000 }, (_, at) => Buffer.byteLength(noise(at + 1)) + 1);
    const sum = bytes.reduce((all, one) => all + one, 0);
    await stands(page, /^complete/);
    const exact = await page.locator("#connection span").getAttribute("title");
    expect(exact).toBe(`${sum.toLocaleString("en")} bytes`);
    await page.getByText("failed", { exact: true }).waitFor();
    await hasLines(page, 5_000);
  });

  it("is noticed by unanswered pings", async () => {
    const { page, proxy, producer } = await open(10, { clock: true });
    const states = await noteStates(page);
    proxy.mendSilently();
    await producer.writeLines(11, 20, noise);
    await page.clock.runFor(15_000);
    await shows(page, "line 20 of");
    await stands(page, "live");
    expect(kindsOf(await states())).toEqual(expect.arrayContaining(["live", "reconnecting"]));
    await hasLines(page, 20);
  });

  it("loads the lines that were requested during the break, without a new request", async () => {
    const opened = await open(20_000);
    const { page } = opened;
    await goOffline(opened);
    await page.keyboard.press("Home");
    await page.locator(".row.missing").first().waitFor();
    await goOnline(opened);
    await shows(page, "line 1 of");
  });

  it("prevents a copy of lines that were never loaded, and the page says so", async () => {
    const opened = await open(20_000);
    const { page } = opened;
    await page.evaluate(`location.hash = "#L1-L2"`);
    await shows(page, "line 1 of");
    await page.reload();
    await shows(page, "line 1 of");
    await page.locator(".log").focus();
    await page.evaluate(`location.hash = "#L1-L20000"`);
    await page.getByText("20,000 selected").waitFor();
    await goOffline(opened);
    await page.keyboard.press("Control+c");
    await page.getByText(/^Not copied: /).waitFor();
  });

  it("loads other streams that were requested during the break", async () => {
    const opened = await open(10);
    const { page, producer } = opened;
    await producer.write({ type: "stderr", data: "an error\n" });
    await goOffline(opened);
    await page.keyboard.press("1");
    await stands(page, /^loading again/);
    await goOnline(opened);
    await shows(page, "an error");
    await stands(page, "live");
    expect(await rowsOf(page)).toHaveLength(1);
  });

  it("loads other streams, also if the answer with their last lines is late", async () => {
    const { page, producer } = await open(10);
    await producer.write({ type: "stderr", data: "an error\n" });
    await shows(page, "an error");
    const others: Promise<unknown>[] = [];
    page.on("request", (request) => {
      if (/lines\?line=/.test(request.url())) others.push(request.response().then((got) => got?.finished()));
    });
    await page.route(/lines\?type=/, async (route) => {
      await page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))",
      );
      await Promise.all(others);
      await route.continue();
    });
    const answer = page.waitForResponse(/lines\?type=/);
    await page.keyboard.press("1");
    await answer;
    await shows(page, "an error");
    await stands(page, "live");
    expect(await rowsOf(page)).toHaveLength(1);
  });

  it("doubles no line when the browser reports several times that it is back", async () => {
    const opened = await open(100);
    const { page, producer } = opened;
    await goOffline(opened);
    // A chunk for each line, so that the page is interrupted several times while it reads one message.
    for (let line = 101; line <= 20_000; line += 100) {
      await producer.write(...Array.from({ length: 100 }, (_, at) => `${noise(line + at)}\n`));
    }
    await page.evaluate(`
      globalThis.told = 0;
      const connection = document.getElementById("connection");
      new MutationObserver(() => {
        if (!connection.textContent.startsWith("catching up") || told === 5) return;
        told++;
        dispatchEvent(new Event("online"));
      }).observe(connection, { subtree: true, childList: true, characterData: true });
    `);
    await goOnline(opened);
    await stands(page, "live");
    expect(await page.evaluate("told")).toBeGreaterThan(0);
    await hasLines(page, 20_000);
  });
});

describe("a page that sleeps", () => {
  it("continues from the cursor after it was frozen", async () => {
    const { page, producer } = await open(10);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    await producer.writeLines(11, 5_010, noise);
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    await stands(page, "live");
    await hasLines(page, 5_010);
  });

  it("continues from the cursor when the machine wakes, whatever happened to its connection", async () => {
    const { page, proxy, producer } = await open(10, { clock: true });
    proxy.mendSilently();
    await producer.writeLines(11, 5_010, noise);
    await page.clock.fastForward(30_000);
    await stands(page, "live");
    await hasLines(page, 5_010);
  });

  it.each([
    ["is thawed", `document.dispatchEvent(new Event("resume"))`],
    ["is shown again", `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`],
  ])("does not rely on its open connection when it %s", async (_, event) => {
    const { page, proxy, producer } = await open(10);
    proxy.mendSilently();
    await producer.writeLines(11, 20, noise);
    await page.evaluate(event);
    await shows(page, "line 20 of");
    await stands(page, "live");
  });

  it("keeps its connection for hours while it is hidden, although its timers run once a minute", async () => {
    const { page, producer } = await open(10, { clock: true });
    const sockets: WebSocket[] = [];
    page.on("websocket", (socket) => sockets.push(socket));
    await page.reload();
    await stands(page, "live");
    const states = await noteStates(page);
    await page.evaluate(`Object.defineProperty(document, "hidden", { get: () => true })`);
    for (let minute = 0; minute < 10; minute++) {
      const pong = sockets[0]?.waitForEvent("framereceived", ({ payload }) => payload === "pong");
      await page.clock.fastForward(60_000);
      await pong;
    }
    await producer.writeLines(11, 20, noise);
    await shows(page, "line 20 of");
    expect(sockets).toHaveLength(1);
    expect(await states()).toEqual(["live"]);
  });
});

describe("a page", () => {
  it("promises its ping interval only while it is shown", async () => {
    const { page } = await open(10);
    const addresses: string[] = [];
    page.on("websocket", (socket) => addresses.push(socket.url()));
    await page.reload();
    await stands(page, "live");
    await page.addInitScript(`Object.defineProperty(document, "hidden", { get: () => true })`);
    await page.reload();
    await stands(page, "live");
    expect(addresses.map((address) => address.includes("ping_ms="))).toEqual([true, false]);
  });
});

describe("an unavailable server", () => {
  it("is tried again, and the output is complete when it is back", async () => {
    const state = scratch();
    let own = await startServer({ port: 0, state });
    const { port } = new URL(own.url);
    const own_producers = await Producers.connect(clientOf(own.url, own.apiKey));
    const producer = await own_producers.open();
    await producer.writeLines(1, 10, noise);
    const tab = await openTab(browser, own.url, `/executions/${producer.id}`, { key: own.apiKey });
    afterTest(async () => {
      await tab.close();
      await own.stop();
    });
    await stands(tab.page, "live");
    own_producers.close();
    await own.stop();
    await stands(tab.page, /^reconnecting in \d+ s$/);
    own = await startServer({ port: Number(port), state });
    await producer.writeLines(11, 20, noise);
    await stands(tab.page, "live");
    await tab.page.locator(".log").focus();
    await hasLines(tab.page, 20);
  });

  it("may close the connection at any time", async () => {
    const { page, proxy, producer } = await open(10);
    proxy.mend();
    await producer.writeLines(11, 20, noise);
    await shows(page, "line 20 of");
    await stands(page, "live");
    await producer.end();
    await stands(page, /^complete/);
    await hasLines(page, 20);
  });
});

describe("a slow connection", () => {
  it("shows the last lines first, and the rest on request", async () => {
    const { page, proxy } = await open(20_000);
    proxy.bytes_per_second = 100_000;
    await page.reload();
    await shows(page, "line 20000 of");
    await page.locator(".log").focus();
    await page.keyboard.press("Home");
    await shows(page, "line 1 of");
  });

  it("is not live while more is written than arrives", async () => {
    const { page, proxy, producer } = await open(10);
    const states = await noteStates(page);
    // 10 MB, more than twice what the server sends to a reader that has not confirmed it. Hardly any of it has arrived then.
    proxy.bytes_per_second = 20_000;
    await producer.writeLines(11, 50_000, (line) => noise(line) + noise(-line) + noise(line / 2));
    proxy.bytes_per_second = 2_000_000;
    await stands(page, /^catching up \d+ %$/);
    await stands(page, "live");
    await shows(page, "line 50000 of");
    // Several times, if the reader had everything before more was written.
    expect(new Set(kindsOf(await states()))).toEqual(new Set(["live", "catching up"]));
  });
});
