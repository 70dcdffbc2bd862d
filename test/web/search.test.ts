// @module-tag chromium-headless-shell
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { elementCount, shows } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open({ id }: Producer, query = "", options = {}) {
  const tab = await openTab(browser, server.url, `/executions/${id}${query}`, {
    key: server.apiKey,
    ...options,
  });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.locator(".log").focus();
  return tab.page;
}

describe("a match at the end of a line of a million characters", () => {
  it.each([false, true])("is shown, and the page scrolls to it (wrapped: %s)", async (wrapped) => {
    const producer = await producers.open();
    await producer.write("before\n");
    for (let at = 0; at < 32; at++) await producer.write("x".repeat(31_250));
    await producer.write("NEEDLE and the end\nafter\n");
    await producer.end();
    const page = await open(producer);
    await shows(page, "after");
    if (wrapped) await page.keyboard.press("w");
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    await page.getByText("1 found", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    const mark = page.locator("mark.current");
    await mark.waitFor();
    expect(await mark.textContent()).toBe("NEEDLE");
    const is_in_view = `(() => {
      const seen = document.querySelector(".log").getBoundingClientRect();
      const { left, right, top, bottom } = document.querySelector("mark.current").getBoundingClientRect();
      return left >= seen.left && right <= seen.right && top >= seen.top && bottom <= seen.bottom;
    })()`;
    await until("the match is in view", () => page.evaluate<boolean>(is_in_view));
    const row = await page.locator(".row", { has: mark }).locator(".text").textContent();
    expect(row).toMatch(/^…?x{4000} … 995,700 more characters … x{300}NEEDLE and the end$/);
    expect(await elementCount(page)).toBeLessThan(1_000);
  });
});

describe("a match in a row that was drawn again", () => {
  it("is marked where it is shown", async () => {
    const producer = await producers.open();
    await producer.write(
      "layer a: waiting\nlayer b: waiting\n",
      "\x1b[2A",
      "\x1b[2Klayer a: done\n\n",
      "end\n",
    );
    await producer.end();
    const page = await open(producer);
    await shows(page, "end");
    await page.keyboard.press("/");
    await page.keyboard.type("a: done");
    await page.getByText("1 found", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    expect(
      await page
        .locator(".row", { has: page.locator("mark.current") })
        .locator(".number")
        .textContent(),
    ).toBe("1");
    await page.locator("#search-field").fill("a: waiting");
    await page.getByText("0 found", { exact: true }).waitFor();
  });
});

describe("the address", () => {
  it("has what is searched and shown, and a link opens the same view", async () => {
    const producer = await producers.open();
    await producer.write("Error one\n", { type: "stderr", data: "error two\nERROR three\n" });
    await producer.end();
    const page = await open(producer, "?lanes=false#L2");
    await shows(page, "ERROR three");
    const entries = await page.evaluate<number>("history.length");
    await page.keyboard.press("1");
    await page.keyboard.press("3");
    await page.getByLabel("Time of each line").selectOption("elapsed");
    await page.keyboard.press("/");
    await page.keyboard.type("^err");
    await page.getByRole("button", { name: "Regular expression" }).click();
    await page.getByRole("button", { name: "Match case" }).click();
    await page.getByText("1 found", { exact: true }).waitFor();
    const wanted = { q: "^err", regex: "true", case: "true", type: "stderr", time: "elapsed" };
    await until("the address has it", () => {
      const { searchParams, hash } = new URL(page.url());
      return (
        hash === "#L2" && Object.entries(wanted).every(([name, value]) => searchParams.get(name) === value)
      );
    });
    expect(await page.evaluate<number>("history.length")).toBe(entries);
    const other = await open(producer, new URL(page.url()).search + new URL(page.url()).hash);
    await other.getByText("1 found", { exact: true }).waitFor();
    expect(await other.locator("#search-field").inputValue()).toBe("^err");
    expect(await other.locator(".row .text").allTextContents()).toEqual(["error two", "ERROR three"]);
    expect(await other.locator(".row .time").count()).toBe(2);
    await other.getByRole("button", { name: "Close the search" }).click();
    await until("the address has no search", () => !new URL(other.url()).searchParams.has("q"));
  });
});

it("matches are marked beside the scroll bar as soon as they are found", async () => {
  const producer = await producers.open();
  await producer.writeLines(1, 500, (line) => (line === 100 ? "a needle" : `line ${line}`));
  await producer.end();
  const page = await open(producer);
  await shows(page, "line 500");
  await page.keyboard.press("/");
  await page.locator("#search-field").fill("needle");
  await page.locator("canvas.marks").waitFor();
  await page.locator("#search-field").fill("nothing like it");
  await page.getByText("0 found").waitFor();
  await page.locator("canvas.marks").waitFor({ state: "detached" });
});

describe("only matching lines", () => {
  it("scroll by pixels from the first one on, where the reader was before it", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 500, (line) => (line > 100 ? `hit ${line}` : `line ${line}`));
    await producer.end();
    const page = await open(producer);
    await shows(page, "hit 500");
    await page.keyboard.press("Home");
    await shows(page, "line 1");
    await page.keyboard.press("/");
    await page.keyboard.type("hit");
    await page.getByRole("button", { name: "Only" }).click();
    const first = page.locator(".log .row", { hasText: /^101hit 101$/ });
    await first.waitFor();
    const y = async () => (await first.boundingBox())?.y ?? Number.NaN;
    await page.mouse.move(400, 500);
    const begun = await y();
    for (const scrolled of [8, 16, 24]) {
      await page.mouse.wheel(0, 8);
      await until(`the page has scrolled by ${scrolled} px`, async () => begun - (await y()) === scrolled);
    }
  });

  it("begin where the reader was, also if none was found before, or Only was pressed before the first answer", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 500, (line) => (line > 100 ? `hit ${line}` : `line ${line}`));
    await producer.end();
    const page = await open(producer);
    await shows(page, "hit 500");
    await page.keyboard.press("Home");
    await shows(page, "line 1");
    const held = Promise.withResolvers<void>();
    const asked = page.waitForRequest(/\/search\?q=none/);
    await page.route(/\/search\?q=none/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.keyboard.press("/");
    await page.locator("#search-field").fill("none");
    await asked;
    await page.getByRole("button", { name: "Only" }).click();
    await shows(page, "line 1");
    held.resolve();
    await page.getByText("0 found", { exact: true }).waitFor();
    await until("none is shown", async () => (await page.locator(".log .row").count()) === 0);
    await page.locator("#search-field").fill("hit");
    await page.locator(".log .row", { hasText: /^101hit 101$/ }).waitFor();
    await page.getByRole("button", { name: "Only" }).click();
    await shows(page, "line 100");
  });

  it("are shown with lines around them, gaps are marked, and a click leads to the line in full", async () => {
    const producer = await producers.open();
    await producer.writeLines(
      1,
      12_000,
      (line) => `${line % 1_000 === 0 ? "ERROR" : "fine"} ${line} ${"·".repeat(60)}`,
    );
    await producer.end();
    const page = await open(producer, "?q=error&only=1");
    const again: string[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.endsWith("/search") && searchParams.get("line") !== "1") again.push(request.url());
    });
    const numbers = () => page.locator(".log .row .number").allTextContents();
    const expected = Array.from({ length: 12 }, (_, at) =>
      [-1, 0, 1].map((by) => (at + 1) * 1_000 + by),
    ).flat();
    await until("only matches are shown", async () => `${await numbers()}` === `${expected.slice(0, -1)}`);
    await shows(page, "ERROR 1000 ");
    expect(await page.locator(".row.skip").count()).toBe(12);
    await page.getByLabel("Lines around each match").selectOption("0");
    await until("no others are shown", async () => (await numbers()).length === 12);
    await page.locator("#search-field").press("Enter");
    await page.locator("mark.current").waitFor();
    await page.locator(".row", { hasText: "ERROR 7000 " }).locator(".text").click();
    await page.locator(".row.selected", { hasText: "ERROR 7000 " }).waitFor();
    await shows(page, "fine 7001 ");
    await until("the address has no filter", () => !new URL(page.url()).searchParams.has("only"));
    await until("the address names the line", () => new URL(page.url()).hash === "#L7000");
    await page.getByRole("button", { name: "Only" }).click();
    await until("only matches are shown", async () => (await numbers()).length === 12);
    await page.getByRole("button", { name: "Regular expression" }).click();
    await until("the address has the switch", () => new URL(page.url()).searchParams.has("regex"));
    await page.getByRole("button", { name: "Close the search" }).click();
    await until("all are shown", async () => (await numbers()).length > 12);
    await until("the address has no search", () => new URL(page.url()).search === "");
    // A search of an ended output reads it once: each further answer would draw all rows again, below a reader's click.
    expect(again).toEqual([]);
  });

  it("are those of the search before, until the next one has an answer", async () => {
    const producer = await producers.open();
    await producer.write("one\nother\ntwo\n");
    await producer.end();
    const page = await open(producer, "?q=one&only=0");
    const texts = () => page.locator(".log .row .text").allTextContents();
    await until("only one is shown", async () => `${await texts()}` === "one");
    const held = Promise.withResolvers<void>();
    const asked = page.waitForRequest(/\/search\?q=two/);
    await page.route(/\/search\?q=two/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.locator("#search-field").fill("two");
    await page.locator("#search-field").press("Enter");
    await asked;
    await page.getByText("searching …", { exact: true }).waitFor();
    expect(await texts()).toEqual(["one"]);
    held.resolve();
    await page.locator("mark.current", { hasText: "two" }).waitFor();
    expect(await texts()).toEqual(["two"]);
    await page.getByRole("button", { name: "Regular expression" }).click();
    await page.locator("#search-field").fill("(");
    await page
      .getByText(/The regular expression is not valid/)
      .first()
      .waitFor();
    await until("all are shown", async () => (await texts()).length === 3);
  });

  it("are never lines of other streams that have been chosen since", async () => {
    const producer = await producers.open();
    await producer.write("fine 1\n", { type: "stderr", data: "ERROR 1\n" }, "fine 2\n");
    await producer.end();
    const page = await open(producer, "?q=ERROR&only=0");
    await shows(page, "ERROR 1");
    await page.getByText("1 found", { exact: true }).waitFor();
    await page.evaluate(`
      globalThis.wrong = [];
      const look = () => {
        wrong.push(...[...document.querySelectorAll(".row[data-row]")].map((row) => row.textContent));
        requestAnimationFrame(look);
      };
      look();
    `);
    await page.getByRole("button", { name: "stderr", exact: true }).click();
    await page.getByText("0 found", { exact: true }).waitFor();
    const wrong = await page.evaluate<string[]>("wrong");
    expect(wrong.filter((text) => text.includes("fine"))).toEqual([]);
  });

  it("come live", async () => {
    const producer = await producers.open();
    await producer.write("hit 1\nmiss\n");
    const page = await open(producer, "?q=hit&only=0");
    await page.getByText("1 found", { exact: true }).waitFor();
    await producer.write("miss\nhit 2\nmiss\n");
    await page.getByText("2 found", { exact: true }).waitFor();
    expect(await page.locator(".log .row .text").allTextContents()).toEqual(["hit 1", "hit 2"]);
  });
});
