// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { rowsOf, shows, stands } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

const TASKS = ["build", "check", "tidy"];

beforeAll(async () => {
  const chain = TASKS.map((name, at) => ({
    name,
    ref: "core.local",
    parameters: { cmd: name },
    ...(at + 1 < TASKS.length ? { "on-success": TASKS[at + 1] } : {}),
    ...(name === "check" ? { "on-failure": "tidy" } : {}),
  }));
  await producers.client.register({
    packs: [{ ref: "flows", name: "flows" }],
    actions: [{ pack: "flows", name: "ship", runner_type: "action-chain", chain: { chain }, tags: [] }],
  });
});

/** Runs a chain whose task `check` fails, and `tidy` after it. Returns its id. */
async function shipped(): Promise<string> {
  const { id } = await producers.client.create({ action: "flows.ship" });
  for (const [at, task] of TASKS.entries()) {
    const child = await until(`${task} exists`, async () => (await producers.client.get(id)).children?.[at]);
    const producer = await producers.take(child);
    await producer.write(`${task} writes\n`);
    await (task === "check" ? producer.end(4, { stderr: "two tests failed\n" }) : producer.end());
  }
  await until("the chain has ended", async () => (await producers.client.get(id)).end_timestamp);
  return id;
}

async function open(
  path: string,
  options: Parameters<typeof openTab>[3] = { key: server.apiKey },
): Promise<Page> {
  const tab = await openTab(browser, server.url, path, options);
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

describe("the parts of an execution", () => {
  it("are at the side, the failed ones first, and a click shows the output of one", async () => {
    const id = await shipped();
    const page = await open(`/executions/${id}`);
    const tree = page.getByRole("navigation", { name: "Hosts and tasks" });
    await tree.getByText("exit 4").waitFor();
    const names = tree.locator(".part-name");
    expect(await names.allTextContents()).toEqual(["check", "build", "tidy"]);
    await tree.getByRole("link", { name: "build" }).click();
    await stands(page, /^complete/);
    await expect.poll(async () => (await rowsOf(page)).map(({ text }) => text)).toEqual(["build writes"]);
    expect(page.url()).toMatch(new RegExp(`/executions/${id}\\?part=\\w+$`));
    await page.reload();
    await shows(page, "build writes");
    await page.goBack();
    await shows(page, "tidy writes");
    expect(await tree.locator("[aria-current=true]").textContent()).toBe("All of flows.ship");
  });

  it("are left by a step back, which restores what was searched and shown", async () => {
    const id = await shipped();
    const page = await open(`/executions/${id}?q=writes&type=stdout&time=elapsed`);
    const tree = page.getByRole("navigation", { name: "Hosts and tasks" });
    const address = () => new URL(page.url()).searchParams;
    await page.getByText("3 found", { exact: true }).waitFor();
    await tree.getByRole("link", { name: "build" }).click();
    await page.getByText("1 found", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Close the search" }).click();
    await page.getByRole("button", { name: "stderr", exact: true }).click();
    await page.getByLabel("Time of each line").selectOption("none");
    await until("the address has it", () => !address().has("q") && address().get("type") === "stdout,stderr");
    await page.goBack();
    await page.getByText("3 found", { exact: true }).waitFor();
    expect(await page.locator("#search-field").inputValue()).toBe("writes");
    expect(await page.locator("fieldset [aria-pressed=true]").allTextContents()).toEqual([
      "stdout",
      "Merged",
    ]);
    expect(await page.getByLabel("Time of each line").inputValue()).toBe("elapsed");
    expect([...address()]).toEqual([
      ["q", "writes"],
      ["type", "stdout"],
      ["time", "elapsed"],
    ]);
  });

  it("have their task and the action that they are a part of in the titles of their own pages", async () => {
    const child = (await producers.client.get(await shipped())).children?.[1] ?? "";
    const page = await open(`/executions/${child}`);
    const reason = page.getByRole("region", { name: "Why it did not succeed" });
    await page.getByRole("heading", { name: "check · flows.ship" }).waitFor();
    await reason.getByRole("heading", { name: "Exit code 4" }).waitFor();
    await reason.getByText("two tests failed").waitFor();
  });

  it("change while they run, and do not hide the output on a small screen", async () => {
    const { id } = await producers.client.create({ action: "flows.ship" });
    const child = await until("a task exists", async () => (await producers.client.get(id)).children?.[0]);
    const producer = await producers.take(child);
    const page = await open(`/executions/${id}`, {
      key: server.apiKey,
      viewport: { width: 390, height: 700 },
    });
    await producer.write("build writes\n");
    await shows(page, "build writes");
    const tree = page.getByRole("navigation", { name: "Hosts and tasks" });
    expect(await tree.count()).toBe(0);
    await page.keyboard.press("p");
    await tree.locator("li", { hasText: "build" }).getByText("running").waitFor();
    await producer.end();
    await tree.locator("li", { hasText: "build" }).getByText("succeeded").waitFor();
    expect((await page.locator(".log").boundingBox())?.height).toBeGreaterThanOrEqual(150);
    await producers.client.cancel(id);
  });

  it("are not shown to a reader with a link, which opens one execution", async () => {
    const id = await shipped();
    const { pathname, search } = new URL((await producers.client.identity.link(id)).url);
    const page = await open(pathname + search, {});
    await shows(page, "tidy writes");
    await page.getByText("A link shows its parts merged").waitFor();
    const [child = ""] = (await producers.client.get(id)).children ?? [];
    await page.goto(`${server.url}${pathname}${search}&part=${child}`);
    await shows(page, "tidy writes");
    expect(await page.getByRole("button", { name: /Parts|Lanes/ }).count()).toBe(0);
  });

  it("are parts of it: of an address that names another execution, the whole output is shown", async () => {
    const [id, other] = [await shipped(), await producers.open()];
    await other.write("not its own\n");
    const page = await open(`/executions/${id}?part=${other.id}#L1`);
    await page.getByText(`${other.id} is not a part of this execution`).waitFor();
    await shows(page, "tidy writes");
    expect(page.url()).toBe(`${server.url}/executions/${id}`);
    await other.end();
  });
});
