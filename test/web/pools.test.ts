// @module-tag chromium-headless-shell
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tree } from "../support/tree.ts";
import { afterTest, startWorld, TestAgent, until, type World } from "../support/world.ts";
import { launchBrowser, openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";

const PACKS = tree({
  "train/pack.yaml": "ref: train\nname: Train\n",
  "train/actions/model.yaml": `
name: model
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: "echo trained"}
`,
});

let world: World;
let browser: Browser;
let gpu: TestAgent;
beforeAll(async () => {
  world = await startWorld();
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "gpu" });
  const args = ["--pool", "gpu", "--packs", PACKS, "--label", "gpu=a100"];
  gpu = await new TestAgent(world.server.url, key, args).start().ready();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gpu?.stop();
  await world?.stop();
});

async function open(path: string): Promise<Page> {
  const tab = await openTab(browser, world.server.url, path, { key: world.server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

it("the form runs an action in the pool that offers it, on an agent with the given labels", async () => {
  const page = await open("/run");
  await page.getByLabel("Find an action").fill("train.model");
  await page.getByText("in gpu").waitFor();
  await page.getByRole("link", { name: "train.model", exact: true }).click();
  await page.getByText("Placement: pool gpu").click();
  await page.getByLabel("labels").fill("gpu=a100");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForURL(/\/executions\/\w+$/);
  await shows(page, "trained");
  await stands(page, /^complete/);
  const { pool, labels } = await world.client.get("last");
  expect({ pool, labels }).toEqual({ pool: "gpu", labels: { gpu: "a100" } });
});

it("the form refuses an invalid label", async () => {
  const page = await open("/run/train.model");
  await page.getByText("Placement: pool gpu").click();
  await page.getByLabel("labels").fill("a100");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("alert").getByText("a100 is not a label like gpu=a100.").waitFor();
});

it("a waiting execution's page shows the reason until an agent has it", async () => {
  const labels = { zone: "eu" };
  const { id } = await world.client.create({ action: "train.model", labels });
  const page = await open(`/executions/${id}`);
  await page
    .locator(".facts")
    .getByText("no agent in pool gpu that has pack train has label zone=eu")
    .waitFor();
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "gpu" });
  const args = ["--pool", "gpu", "--packs", PACKS, "--label", "zone=eu"];
  const agent = await new TestAgent(world.server.url, key, args).start().ready();
  afterTest(() => agent.stop());
  await shows(page, "trained");
  await until(
    "nothing is said to wait",
    async () => !(await page.locator(".facts").textContent())?.includes("waiting"),
  );
});
