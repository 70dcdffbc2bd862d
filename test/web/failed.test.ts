// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open({ id }: Producer, viewport = { width: 1280, height: 800 }): Promise<Page> {
  const tab = await openTab(browser, server.url, `/executions/${id}`, { key: server.apiKey, viewport });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** A failed run with errors in lines 41, 82 to 83 (on stderr) and 124. */
async function failed(): Promise<Producer> {
  const producer = await producers.open();
  const quiet = (line: number) => `quiet ${line}`;
  await producer.writeLines(1, 40, quiet);
  await producer.write("main.c:3:5: error: expected ';'\n");
  await producer.writeLines(42, 81, quiet);
  await producer.write({ type: "stderr", data: "warned once\nwarned twice\n" });
  await producer.writeLines(84, 123, quiet);
  await producer.write("ValueError: not a number\n");
  await producer.writeLines(125, 200, quiet);
  await producer.end(3, { stderr: "warned once\nwarned twice\n", error: "The build broke." });
  return producer;
}

function summary(page: Page) {
  return page.getByRole("region", { name: "Why it did not succeed" });
}

describe("a failed execution", () => {
  it("opens with its reason above the end of its output", async () => {
    const page = await open(await failed());
    await summary(page).getByRole("heading", { name: "Exit code 3" }).waitFor();
    await summary(page).getByText("The build broke.").waitFor();
    await summary(page).getByText("warned once\nwarned twice").waitFor();
    await shows(page, "quiet 200");
  });

  it("leads to its first error, and by keys to the next and the previous one", async () => {
    const page = await open(await failed());
    await shows(page, "quiet 200");
    const selected = () => page.locator(".row.selected .text").allTextContents();
    await summary(page).getByRole("button", { name: "First error" }).click();
    await page.getByText("Error 1 of 3").waitFor();
    expect(await selected()).toEqual(["main.c:3:5: error: expected ';'"]);
    await page.keyboard.press("e");
    await page.getByText("Error 2 of 3").waitFor();
    expect(await selected()).toEqual(["warned once", "warned twice"]);
    await page.keyboard.press("e");
    await page.getByText("Error 3 of 3").waitFor();
    expect(await selected()).toEqual(["ValueError: not a number"]);
    await page.keyboard.press("E");
    await page.getByText("Error 2 of 3").waitFor();
  });

  it("shows its reason in place of an output, if it wrote none", async () => {
    const producer = await producers.open();
    await producer.end(127, { error: "The entry point run.sh does not exist." });
    const page = await open(producer);
    await stands(page, /^complete/);
    await summary(page).getByText("The entry point run.sh does not exist.").waitFor();
    await page.getByText("It wrote no output.").waitFor();
  });

  it("leaves room for the output on a small screen", async () => {
    const page = await open(await failed(), { width: 320, height: 640 });
    await shows(page, "quiet 200");
    await summary(page).waitFor();
    expect((await page.locator(".log").boundingBox())?.height).toBeGreaterThanOrEqual(200);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
  });
});

describe("a run without output", () => {
  it("says that it has written nothing, until it writes", async () => {
    const producer = await producers.open();
    const page = await open(producer);
    await page.getByText("No output yet. New lines appear here as they are written.").waitFor();
    await producer.write("the first line\n");
    await shows(page, "the first line");
    await page.getByText("No output yet").waitFor({ state: "detached" });
    await producer.end();
    expect(await summary(page).count()).toBe(0);
  });
});
