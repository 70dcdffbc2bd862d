// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import { baseOf, executionOf } from "../../web/server/paths.ts";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { serveBelow } from "./support/prefix-proxy.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open(path: string, { url = server.url, key = server.apiKey } = {}): Promise<Page> {
  const tab = await openTab(browser, url, path, { key });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** Signs in by a key at the form. The context has no script that stores the key. */
async function signedIn(path: string): Promise<Page> {
  const tab = await openTab(browser, server.url, path);
  afterTest(() => tab.close());
  await tab.page.getByLabel("API key").fill(server.apiKey);
  await tab.page.getByRole("button", { name: "Sign in" }).click();
  await tab.page.getByText("live", { exact: true }).waitFor();
  return tab.page;
}

async function another(page: Page, path: string): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(server.url + path);
  return other;
}

describe("a page that cannot show what its address names", () => {
  it("says that the execution does not exist", async () => {
    const page = await open(`/executions/${"0".repeat(24)}`);
    await page.getByRole("heading", { name: "This execution does not exist" }).waitFor();
    await page.getByRole("link", { name: "All executions" }).click();
    await page.getByText("live", { exact: true }).waitFor();
  });

  it("says that the action does not exist, and which request was refused", async () => {
    const page = await open("/run/core.nothing");
    await page.getByRole("heading", { name: "This action does not exist" }).waitFor();
    await page
      .getByText(/^Request [\w-]{8,}$/)
      .locator("code")
      .click();
    expect(await page.evaluate<string>("String(getSelection())")).toMatch(/^[\w-]{8,}$/);
    await page.getByRole("link", { name: "All actions" }).waitFor();
  });

  it("says since when an output is gone, and leads to what is left", async () => {
    const producer = await producers.open("true", { retention: { output_ttl_days: 1e-7 } });
    await producer.write("nine bytes");
    await producer.end();
    await until("the output has expired", () =>
      producers.client.output(producer.id).then(
        () => false,
        (error) => error instanceof TailraceError && error.code === "expired",
      ),
    );
    const page = await open(`/executions/${producer.id}`);
    await page.getByRole("heading", { name: "The output has expired" }).waitFor();
    await page.getByText(/^Its 10 bytes were deleted at \d{4}-/).waitFor();
    await page.getByRole("alert").getByRole("button", { name: "Details" }).click();
    await page.getByRole("complementary", { name: "Details" }).waitFor();
  });

  it("says that the server does not answer, and shows the output once it does", async () => {
    const producer = await producers.open();
    await producer.write("it is back\n");
    const page = await open("/");
    await page.route("**/api/v1/executions/**", (route) => route.abort("connectionrefused"));
    await page.goto(`${server.url}/executions/${producer.id}`);
    await page.getByRole("heading", { name: "The server does not answer" }).waitFor();
    await page.route("**/output/**", (route) => route.abort("connectionrefused"));
    await page.unroute("**/api/v1/executions/**");
    await page.locator(".status.running").waitFor();
    await page.unroute("**/output/**");
    await shows(page, "it is back");
    expect(await page.title()).toBe("▶ running · core.local · Tailrace");
    expect(await page.getByRole("heading", { name: "The server does not answer" }).count()).toBe(0);
  });

  it("shows the end of an execution once the server answers again, also in the title", async () => {
    const producer = await producers.open();
    const page = await open(`/executions/${producer.id}`);
    await page.locator(".status.running").waitFor();
    const refused = page.waitForEvent("requestfailed");
    await page.route(`**/api/v1/executions/${producer.id}`, (route) => route.abort("connectionrefused"));
    await producer.end();
    await refused;
    await page.unroute(`**/api/v1/executions/${producer.id}`);
    await page.locator(".status.succeeded").waitFor();
    expect(await page.title()).toMatch(/^✓ succeeded/);
  });

  it("shows the list of actions, an action's form, and the list of executions, once the server answers", async () => {
    const page = await open("/run");
    for (const [requests, path, shown] of [
      ["**/api/v1/user", "/run", page.getByRole("heading", { name: "Run an action" })],
      ["**/api/v1/actions/*", "/run/core.local", page.getByLabel("cmd")],
      ["**/api/v1/executions?*", "/", page.locator("tbody tr, p.soft").first()],
    ] as const) {
      await page.route(requests, (route) => route.abort("connectionrefused"));
      await page.goto(server.url + path);
      await page.getByRole("heading", { name: "The server does not answer" }).waitFor();
      await page.unroute(requests);
      await shown.waitFor();
      expect(await page.getByRole("heading", { name: "The server does not answer" }).count()).toBe(0);
    }
  });

  it("says that the credential has become void", async () => {
    const { key, id } = await producers.client.createKey({ user: "eve", role: "admin" });
    const page = await open("/", { key });
    await page.getByText("live", { exact: true }).waitFor();
    await producers.client.identity.deleteApiKey(id);
    await page.getByText(/^You were signed out: your key or token is not valid any more/).waitFor();
  });
});

describe("a new tab", () => {
  it("is signed in by the key of another tab, which no lasting storage has, until one of them signs out", async () => {
    const page = await signedIn("/");
    const other = await another(page, "/run");
    await other.getByRole("heading", { name: "Run an action" }).waitFor();
    const stored = "JSON.stringify(localStorage) + document.cookie";
    expect(await other.evaluate<string>(stored)).not.toContain(server.apiKey);
    await other.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You signed out in another tab.").waitFor();
    await other.getByLabel("API key").waitFor();
    const third = await another(page, "/");
    await third.getByLabel("API key").waitFor();
  });
});

describe("a sign-out", () => {
  it("signs out a tab that shows another page at that time", async () => {
    const page = await signedIn("/");
    const other = await another(page, "/");
    await other.getByText("live", { exact: true }).waitFor();
    await other.goto(`${server.url}/docs`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    await other.goto(`${server.url}/`);
    await other.getByLabel("API key").waitFor();
    expect(await other.evaluate<string>("JSON.stringify(sessionStorage)")).not.toContain(server.apiKey);
  });

  it("leaves a page that a link has opened", async () => {
    const producer = await producers.open();
    await producer.write("by a link\n");
    const { url } = await producers.client.identity.link(producer.id);
    const page = await signedIn("/");
    const guest = await page.context().newPage();
    await guest.goto(url);
    await shows(guest, "by a link");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    await producer.write("still read\n");
    await shows(guest, "still read");
  });

  it("leaves no page that the browser's Back button shows again", async () => {
    const producer = await producers.open();
    await producer.write("only for me\n");
    await producer.end();
    const tab = await openTab(browser, server.url, `/executions/${producer.id}`);
    afterTest(() => tab.close());
    const { page } = tab;
    await page.getByLabel("API key").fill(server.apiKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await shows(page, "only for me");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    await page.goBack();
    expect(page.url()).toBe("about:blank");
  });
});

describe("a link to a line", () => {
  it("waits for a line that is not written yet", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 300);
    const page = await open(`/executions/${producer.id}#L900`);
    await page.getByText("Line 900 is not written yet: waiting for it").waitFor();
    await producer.writeLines(301, 3_000);
    await page.locator(".row.selected", { hasText: "line 900 of" }).waitFor();
    await producer.end();
  });

  it("says that the output has ended before it", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 30);
    await producer.end();
    const page = await open(`/executions/${producer.id}#L900`);
    await page.getByText("The output has ended before line 900").waitFor();
    await shows(page, "line 30 of");
  });
});

describe("below the path of a proxy", () => {
  it("every page, request and link stays below it", async () => {
    const proxy = await serveBelow(["/tailrace"], server.url);
    afterTest(proxy.close);
    const url = `${proxy.url}/tailrace`;
    const producer = await producers.open();
    await producer.write("below a path\n");
    const page = await open("/", { url });
    const outside: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(url)) outside.push(request.url());
    });
    await page.getByText("live", { exact: true }).waitFor();
    await page.locator(`a[href$="/executions/${producer.id}"]`).click();
    await shows(page, "below a path");
    await stands(page, "live");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByText("Link copied").waitFor();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(link.startsWith(`${url}/executions/${producer.id}?link=`)).toBe(true);
    await producer.end();
    await page.getByRole("link", { name: "Run", exact: true }).click();
    await page.getByRole("link", { name: "core.local", exact: true }).click();
    await page.getByLabel("cmd").fill("true");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(`${url}/executions/*`);
    await page.getByRole("link", { name: "Executions" }).click();
    await page.getByText("live", { exact: true }).waitFor();
    expect(outside).toEqual([]);
  });

  it("a key is not passed on to a server below another path of the same origin", async () => {
    const proxy = await serveBelow(["/one", "/two"], server.url);
    afterTest(proxy.close);
    const page = await open("/", { url: `${proxy.url}/one` });
    await page.getByText("live", { exact: true }).waitFor();
    const other = await page.context().newPage();
    const keys: (string | undefined)[] = [];
    other.on("request", (request) => keys.push(request.headers()["st2-api-key"]));
    await other.goto(`${proxy.url}/two/`);
    await other.getByLabel("API key").waitFor();
    expect(keys.length).toBeGreaterThan(1);
    expect(keys).not.toContain(server.apiKey);
  });

  it.each([
    ["/", "/", undefined],
    ["/executions/abc", "/", "abc"],
    ["/run", "/", undefined],
    ["/run/core.local", "/", undefined],
    ["/tailrace/", "/tailrace/", undefined],
    ["/tailrace", "/tailrace/", undefined],
    ["/a/b/executions/abc", "/a/b/", "abc"],
    ["/tailrace/run/core.local", "/tailrace/", undefined],
    ["/run/executions/abc", "/run/", "abc"],
  ])("the address %s has the base %s", (pathname, base, id) => {
    expect(baseOf(pathname)).toBe(base);
    expect(executionOf(pathname)).toBe(id);
  });
});
