// @module-tag firefox-esr
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { afterTest, clientOf, scratch, until } from "../support/world.ts";
import { launchFirefox, openTab } from "./support/browser.ts";
import { rowsOf, shows, stands } from "./support/log-page.ts";
import { Producers } from "./support/producer.ts";

const ESC = "\u001b";

let server: Server;
let producers: Producers;
let browser: Browser;

beforeAll(async () => {
  browser = await launchFirefox();
  server = await startServer({ port: 0, state: scratch() });
  producers = await Producers.connect(clientOf(server.url, server.apiKey));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  producers?.close();
  await server?.stop();
});

async function open(path: string) {
  const tab = await openTab(browser, server.url, path, { key: server.apiKey, permissions: [] });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

describe("in Firefox", () => {
  it("a reader comes from the list to a live output, and follows it to its failure", async () => {
    const producer = await producers.open("make all");
    const page = await open("/executions");
    await page.locator(`a[href$="/executions/${producer.id}"]`).first().click();
    await stands(page, "live");
    await producer.writeLines(1, 3_000);
    await shows(page, "line 3000 of");
    await page.locator(".log").focus();
    await page.keyboard.press("Home");
    await shows(page, "line 1 of");
    const before = await rowsOf(page);
    await producer.writeLines(3_001, 3_100);
    await page.getByText("100 new lines ↓").waitFor();
    expect(await rowsOf(page)).toEqual(before);
    await page.keyboard.press("End");
    await shows(page, "line 3100 of");
    await producer.end(3);
    await stands(page, /^complete/);
    await page.getByText("failed", { exact: true }).first().waitFor();
  });

  it("rows are drawn as on a terminal, are found, and have links", async () => {
    const producer = await producers.open();
    await producer.write(`a: 0 %\nb: 0 %\n${ESC}[2A${ESC}[32ma: 100 %${ESC}[m${ESC}[K\n${ESC}[1B`);
    await producer.writeLines(1, 2_000);
    await producer.end();
    const page = await open(`/executions/${producer.id}#L1`);
    await shows(page, "a: 100 %");
    const colourOf = (text: string) =>
      page.evaluate<string>(`(() => {
        const rows = [...document.querySelectorAll(".log .row .text")];
        const row = rows.find((row) => row.textContent.includes(${JSON.stringify(text)}));
        return getComputedStyle(row.querySelector("span") ?? row).color;
      })()`);
    expect(await colourOf("a: 100 %")).not.toBe(await colourOf("b: 0 %"));
    await page.locator(".log").focus();
    await page.keyboard.press("Control+f");
    await page.keyboard.type("line 777 ");
    await page
      .getByText("1 of 1", { exact: true })
      .or(page.getByText("1 found", { exact: true }))
      .waitFor();
    await page.keyboard.press("Enter");
    await shows(page, "line 777 of");
    expect(await page.locator("mark.current").textContent()).toBe("line 777 ");
    await page.locator(".number", { hasText: /^779$/ }).click();
    await until("the address has the line", () => page.url().endsWith("#L779"));
  });

  it("a run is filled in, and its output opens", async () => {
    const page = await open("/run/core.local");
    await page.getByLabel("cmd").fill("one\ntwo");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/executions\/[0-9a-f]{24}/);
    const id = /[0-9a-f]{24}/.exec(page.url())?.[0] ?? "";
    const producer = await producers.take(id);
    await producer.write("hello\n");
    await producer.end();
    await shows(page, "hello");
    await stands(page, /^complete/);
  });
});
