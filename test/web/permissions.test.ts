// @module-tag chromium-headless-shell
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PermissionGrant } from "../../protocol/model/identity.ts";
import { afterTest, startWorld, until, type World } from "../support/world.ts";
import { launchBrowser, openTab } from "./support/browser.ts";
import { rowsOf, shows, stands } from "./support/log-page.ts";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld({ vars: { RBAC_ENABLED: true } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

let users = 0;

/** A new user with a role for each of these sets of grants, and a key. */
async function userWith(...roles: PermissionGrant[][]): Promise<{ user: string; key: string }> {
  const user = `user-${++users}`;
  const { identity } = world.client;
  for (const [at, permission_grants] of roles.entries()) {
    const name = `role-${at}-of-${user}`;
    await identity.createRole({ name, permission_grants });
    await identity.assign(user, name);
  }
  return { user, key: (await identity.createApiKey({ user })).key };
}

const LOCAL = "action:core:local";
/** The grants to view everything, without a change. */
const VIEW: PermissionGrant[] = [
  { permission_types: ["execution_list", "execution_view", "action_list", "action_view", "stream_view"] },
];

async function open(path: string, key: string): Promise<Page> {
  const tab = await openTab(browser, world.server.url, path, { key });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** An execution that runs until it is canceled. */
async function running(): Promise<string> {
  const { id } = await world.client.create({
    action: "core.local",
    parameters: { cmd: "echo begun; sleep 100" },
  });
  afterTest(() => world.client.cancel(id));
  await until("it runs", async () => (await world.client.get(id)).status === "running");
  return id;
}

async function finished(action = "core.local", parameters: object = { cmd: "echo done" }): Promise<string> {
  const { id } = await world.client.create({ action, parameters: { ...parameters } });
  for await (const record of world.client.follow(id)) if ("event" in record && record.event === "end") break;
  return id;
}

/** The buttons and links of the top bar and the execution's head, once the page knows its user's rights. */
async function offers(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: "Share" }).waitFor();
  const names = ["Run", "Cancel", "Run again", "Change and run"];
  const offered: string[] = [];
  for (const name of names) {
    const button = page.getByRole("button", { name, exact: true });
    if ((await button.or(page.getByRole("link", { name, exact: true })).count()) > 0) offered.push(name);
  }
  return offered;
}

describe("a user who may only view", () => {
  it("gets no offer that the server would refuse", async () => {
    const { key } = await userWith(VIEW);
    const page = await open(`/executions/${await running()}`, key);
    await shows(page, "begun");
    expect(await offers(page)).toEqual([]);
    await page.goto(`${world.server.url}/executions/${await finished()}`);
    await stands(page, /^complete/);
    expect(await offers(page)).toEqual([]);
    await page.goto(`${world.server.url}/?action=core.nothing`);
    await page.getByText("No executions match the filters.").waitFor();
    await expect.poll(() => page.locator('a[href="/run"]').count()).toBe(0);
  });

  it("may open actions and their forms, which say that they cannot be run", async () => {
    const { key } = await userWith(VIEW);
    const page = await open("/run", key);
    await page.locator("tr", { hasText: "core.local" }).first().waitFor();
    for (const row of await page.locator("tbody tr").allTextContents()) expect(row).toContain("(view only)");
    await page.getByRole("link", { name: "core.local", exact: true }).click();
    await page.getByText("Your roles allow you to view this action, but not to run it.").waitFor();
    expect(await page.getByRole("button", { name: "Run", exact: true }).count()).toBe(0);
    expect(await page.getByLabel("cmd").isDisabled()).toBe(true);
  });
});

describe("a user who may stop executions of an action", () => {
  it("is offered a cancel, and no run", async () => {
    const { key } = await userWith(VIEW, [{ permission_types: ["execution_stop"], resource_uid: LOCAL }]);
    const page = await open(`/executions/${await running()}`, key);
    await shows(page, "begun");
    expect(await offers(page)).toEqual(["Cancel"]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".status.canceled").waitFor();
    await stands(page, /^complete/);
    expect(await offers(page)).toEqual([]);
  });

  it("gets the server's refusal after losing the permission", async () => {
    const { user, key } = await userWith(VIEW, [
      { permission_types: ["execution_stop"], resource_uid: LOCAL },
    ]);
    const id = await running();
    const page = await open(`/executions/${id}`, key);
    await shows(page, "begun");
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await world.client.identity.unassign(user, `role-1-of-${user}`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page
      .getByText(
        `User "${user}" doesn't have required permission "execution_stop" on resource "execution:${id}"`,
      )
      .waitFor();
    expect((await world.client.get(id)).status).toBe("running");
  });
});

describe("a user who may run one action", () => {
  it("finds it without a list of all, runs it from its form, and runs it again", async () => {
    const { key } = await userWith([{ permission_types: ["action_execute"], resource_uid: LOCAL }]);
    const page = await open("/run", key);
    await page.getByRole("link", { name: "core.local", exact: true }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByRole("link", { name: "core.local", exact: true }).click();
    await page.getByLabel("cmd").fill("echo it is run");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/executions\/\w+$/);
    await shows(page, "it is run");
    await stands(page, /^complete/);
    await page.getByRole("button", { name: "Run again" }).waitFor();
    expect(await offers(page)).toEqual(["Run", "Run again", "Change and run"]);
    const before = page.url();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL((url) => url.href !== before);
    await shows(page, "it is run");
  });

  it("may open other actions, without an offer to run them", async () => {
    const { key } = await userWith(VIEW, [{ permission_types: ["action_execute"], resource_uid: LOCAL }]);
    const page = await open("/run", key);
    const row = (ref: string) =>
      page.locator("tr", { has: page.getByRole("link", { name: ref, exact: true }) });
    await row("core.local").waitFor();
    expect(await row("core.local").textContent()).not.toContain("view only");
    expect(await row("examples.count").textContent()).toContain("view only");
    const other = await finished("examples.count", { count: 1, sleep_delay: 0 });
    await page.goto(`${world.server.url}/executions/${other}`);
    await stands(page, /^complete/);
    expect(await offers(page)).toEqual(["Run"]);
  });

  it("gets the server's words for a page that they may not view", async () => {
    const { user, key } = await userWith([{ permission_types: ["execution_list"] }]);
    const page = await open("/", key);
    await page.getByText(`User "${user}" doesn't have required permission "stream_view"`).waitFor();
    await page.goto(`${world.server.url}/run`);
    await page.getByRole("alert").getByText('required permission "action_list"').waitFor();
  });
});

describe("an administrator", () => {
  it("is offered everything", async () => {
    const key = world.server.apiKey;
    const page = await open(`/executions/${await running()}`, key);
    await shows(page, "begun");
    expect(await offers(page)).toEqual(["Run", "Cancel"]);
    await page.goto(`${world.server.url}/executions/${await finished()}`);
    await stands(page, /^complete/);
    await page.getByRole("button", { name: "Run again" }).waitFor();
    expect(await offers(page)).toEqual(["Run", "Run again", "Change and run"]);
  });
});

describe("a page that does not know its user's rights yet", () => {
  it("offers nothing, so that nothing disappears later, and shows the output", async () => {
    const { key } = await userWith(VIEW, [{ permission_types: ["execution_stop"], resource_uid: LOCAL }]);
    const page = await open("/", key);
    await page.getByText("live", { exact: true }).waitFor();
    const known = Promise.withResolvers<void>();
    await page.route("**/api/v1/user", async (route) => {
      await known.promise;
      await route.continue();
    });
    await page.goto(`${world.server.url}/executions/${await running()}`);
    await shows(page, "begun");
    for (const name of ["Cancel", "Run"]) {
      expect(await page.getByRole("button", { name }).count()).toBe(0);
      expect(await page.getByRole("link", { name }).count()).toBe(0);
    }
    known.resolve();
    expect(await offers(page)).toEqual(["Cancel"]);
  });
});

describe("a user with a link", () => {
  it("is offered nothing", async () => {
    const id = await running();
    const { url } = await world.client.identity.link(id);
    const { pathname, search } = new URL(url);
    const tab = await openTab(browser, world.server.url, pathname + search);
    afterTest(() => tab.close());
    await shows(tab.page, "begun");
    await tab.page.locator(".status.running").waitFor();
    expect(await tab.page.getByRole("button", { name: /Cancel|Run|Share/ }).count()).toBe(0);
    expect(await tab.page.getByRole("link", { name: /Run|Executions/ }).count()).toBe(0);
    expect(await rowsOf(tab.page)).not.toEqual([]);
  });
});
