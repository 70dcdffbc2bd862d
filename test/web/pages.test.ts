// @module-tag chromium-headless-shell
import { createHash } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { afterTest, startWorld, until, type World } from "../support/world.ts";
import { violations } from "./support/axe.ts";
import { launchBrowser, openTab } from "./support/browser.ts";
import { rowsOf, shows, stands } from "./support/log-page.ts";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", "test/fixtures/packs"] });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function open(
  path: string,
  options: Parameters<typeof openTab>[3] = { key: world.server.apiKey },
): Promise<Page> {
  const tab = await openTab(browser, world.server.url, path, options);
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** An ended execution with output on both streams. */
async function finished(): Promise<string> {
  const { id } = await world.client.create({
    action: "examples.count",
    parameters: { count: 6, sleep_delay: 0 },
  });
  for await (const record of world.client.follow(id)) if ("event" in record && record.event === "end") break;
  return id;
}

describe("running an action", () => {
  it("shows the output live, from the form to the last line", async () => {
    const page = await open("/run");
    await page.getByLabel("Find an action").fill("examples.count");
    await page.getByRole("link", { name: "examples.count", exact: true }).click();
    await page.getByLabel("count", { exact: false }).first().fill("12");
    await page.getByLabel("sleep_delay").fill("0.05");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/executions\/\w+$/);
    await shows(page, "stdout line 12");
    await stands(page, /^complete, \d+ bytes$/);
    expect((await rowsOf(page)).map(({ text }) => text)).toContain("stderr line 1");
    await until("the facts are there", async () =>
      (await page.locator(".facts").textContent())?.includes("exit code 0"),
    );
  });

  it("shows a refused value at its field", async () => {
    const page = await open("/run/core.remote");
    await page.getByLabel("cmd").fill("true");
    await page.getByLabel("hosts").fill("nowhere");
    await page.getByText(/more parameters/).click();
    await page.getByLabel("env").fill("not JSON");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator("#error-env").getByText("env is not an object in JSON").waitFor();
  });

  it("is not offered where the action's runner is missing: the form says what to do", async () => {
    const page = await open("/run");
    await page.getByLabel("Find an action").fill("kinds.flow");
    await page.locator("td", { hasText: "(orquesta: not run here)" }).waitFor();
    await page.getByRole("link", { name: "kinds.flow", exact: true }).click();
    await page
      .getByRole("note")
      .getByText('Action "kinds.flow" needs the runner "orquesta", which Tailrace does not have.')
      .waitFor();
    expect(await page.getByRole("button", { name: "Run", exact: true }).count()).toBe(0);
    expect(await page.getByLabel("count", { exact: false }).first().isDisabled()).toBe(true);
  });

  it("keeps the digits of numbers from the form to the result", async () => {
    const page = await open("/run/core.local");
    await page.getByLabel("cmd").fill('echo "[$COUNT, 9007199254740993, 1.0, 1e999]"');
    await page.getByText(/more parameters/).click();
    await page.getByLabel("env").fill('{"COUNT": 18446744073709551617}');
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await stands(page, /^complete/);
    await page.getByRole("button", { name: "Details" }).click();
    const shown = await until("the result is there", async () => {
      const text = (await page.getByRole("complementary", { name: "Details" }).textContent()) ?? "";
      return text.includes('"stdout"') && text.replaceAll(/\s/g, "");
    });
    expect(shown).toContain('"COUNT":18446744073709551617');
    expect(shown).toContain('"stdout":[18446744073709551617,9007199254740993,1.0,1e999]');
  });

  it("can be canceled and run again", async () => {
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "echo begun; sleep 100" },
    });
    const page = await open(`/executions/${id}`);
    await shows(page, "begun");
    await page.getByRole("button", { name: "Cancel" }).click();
    await stands(page, /^complete/);
    await page.locator(".status.canceled").waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(id));
    await shows(page, "begun");
    await page.getByRole("button", { name: "Cancel" }).click();
    await stands(page, /^complete/);
  });
});

describe("a run on several hosts", { tags: SSHD_TAGS }, () => {
  it("is shown merged with labels, or side by side", async () => {
    const sshd = await Sshd.start({ hosts: 3 });
    afterTest(() => sshd.stop());
    const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    const cmd = 'i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo "$i of $SSH_CONNECTION"; done';
    const { id } = await world.client.create({
      action: "core.remote",
      parameters: { cmd, hosts: hosts.join(","), ...sshd.login },
    });
    const page = await open(`/executions/${id}`);
    await stands(page, /^complete/);
    const labels = await page.locator(".log .label").allTextContents();
    expect(hosts.map((host) => labels.filter((label) => label === host).length)).toEqual([5, 5, 5]);
    await page.getByRole("button", { name: "Lanes" }).click();
    for (const host of hosts) {
      const lane = page.getByRole("region", { name: host });
      await lane.locator(".row", { hasText: `5 of` }).waitFor();
      expect(await lane.locator(".row").count()).toBe(5);
    }
  });
});

describe("the list", () => {
  it("is updated when executions start and end, and keeps its filters in the address", async () => {
    const page = await open("/?action=core.local");
    await page.getByText("live", { exact: true }).waitFor();
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "sleep 0.3" } });
    const row = page.locator("tr", { has: page.locator(`a[href="/executions/${id}"]`) });
    await row.locator(".status.succeeded").waitFor();
    await world.client.create({ action: "examples.count", parameters: { count: 1 } });
    await page.getByLabel("Status").selectOption("failed");
    await page.waitForURL("**/?status=failed&action=core.local");
    await until("no row is left", async () => (await row.count()) === 0);
    await page.goBack();
    await row.waitFor();
    expect(await page.locator("tbody tr").allTextContents()).not.toContain("examples.count");
  });
});

describe("signing in", () => {
  it("works with a key, and a wrong key is reported", async () => {
    const id = await finished();
    const page = await open(`/executions/${id}`, {});
    await page.getByLabel("API key").fill("tr_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("API key").fill(world.server.apiKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await shows(page, "stdout line 6");
  });

  it("works with a name and a password, until the user signs out", async () => {
    await world.client.identity.createUser({ name: "ann", password: "correct horse" });
    const id = await finished();
    const page = await open(`/executions/${id}`, {});
    await page.getByRole("button", { name: "Password", exact: true }).click();
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password").last().fill("correct horse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await shows(page, "stdout line 6");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
  });

  it.each(["key", "token"])("keeps the %s out of every address that the page requests", async (by) => {
    if (by === "token") await world.client.identity.createUser({ name: "bea", password: "correct horse" });
    const key =
      by === "key" ? world.server.apiKey : (await world.client.identity.signIn("bea", "correct horse")).token;
    const page = await open("/", { key });
    const sockets: string[] = [];
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.reload();
    await page.getByText("live", { exact: true }).waitFor();
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "echo begun; sleep 100" },
    });
    await page.goto(`${world.server.url}/executions/${id}`);
    await shows(page, "begun");
    await stands(page, "live");
    await page.getByRole("button", { name: "Cancel" }).click();
    await stands(page, /^complete/);
    expect(sockets).not.toEqual([]);
    expect(addresses.length).toBeGreaterThan(5);
    expect([...addresses, ...sockets].filter((address) => address.includes(key))).toEqual([]);
  });

  it("is not needed with a link, which opens only its execution", async () => {
    const id = await finished();
    const other = await finished();
    const owner = await open(`/executions/${id}`);
    await owner.getByRole("button", { name: "Share" }).click();
    await owner.getByText("Link copied").waitFor();
    const url = new URL(await owner.evaluate<string>("navigator.clipboard.readText()"));
    expect(url.pathname).toBe(`/executions/${id}`);
    const link = url.searchParams.get("link") ?? "";
    const page = await open(url.pathname + url.search, {});
    await shows(page, "stdout line 6");
    await stands(page, /^complete/);
    expect(await page.getByRole("button", { name: "Run again" }).count()).toBe(0);
    await page.goto(`${world.server.url}/executions/${other}?link=${link}`);
    await page.locator(".error, .bad").first().waitFor();
    expect(await rowsOf(page)).toEqual([]);
  });
});

describe("the pages are accessible:", () => {
  it.each(["light", "dark"] as const)("axe finds nothing in the %s theme", async (colorScheme) => {
    const id = await finished();
    const sign_in = await open("/", { colorScheme });
    await sign_in.getByLabel("API key").waitFor();
    expect(await violations(sign_in)).toEqual([]);
    const page = await open(`/executions/${id}`, { key: world.server.apiKey, colorScheme });
    await shows(page, "stdout line 6");
    await page.keyboard.press("d");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("line");
    await page.getByText("6 found").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).toEqual([]);
    const cmd = "echo begun; echo broken >&2; exit 3";
    const { id: failed } = await world.client.create({ action: "core.local", parameters: { cmd } });
    for (const path of ["/", "/run", "/run/examples.count", `/executions/${failed}`, "/executions/none"]) {
      await page.goto(world.server.url + path);
      await page.locator("tbody tr, form, .reason-body, .refused").first().waitFor();
      expect(await violations(page)).toEqual([]);
    }
    await page.goto(`${world.server.url}/run/core.local`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("cmd is required").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it.each([
    ["no-preference", [6_000]],
    ["reduce", []],
  ] as const)("animations with the motion preference %s last %j ms", async (reducedMotion, moving) => {
    const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "sleep 600" } });
    afterTest(() => world.client.cancel(id));
    const page = await open(`/executions/${id}`, { key: world.server.apiKey, reducedMotion });
    await stands(page, "live");
    const ends = "document.getAnimations().map(({ effect }) => effect.getComputedTiming().endTime)";
    expect(await page.evaluate<number[]>(ends)).toEqual(moving);
  });

  it("the keyboard alone is enough from the list to a line's link", async () => {
    const id = await finished();
    const page = await open("/");
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/executions/${id}`);
    await shows(page, "stdout line 6");
    await page.keyboard.press("/");
    await page.keyboard.type("line 4");
    await page.getByText("1 found").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("1 of 1", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+a");
    await page.keyboard.press("l");
    await page.getByText("Link copied").waitFor();
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toMatch(/#L1-L6$/);
    await page.keyboard.press("Control+c");
    await page.getByText("6 lines copied").waitFor();
  });

  it.each([
    ["Ctrl-F", { key: "f", ctrlKey: true }],
    ["/", { key: "/" }],
  ])("the search has the focus before the event of the key %s ends", async (_, pressed) => {
    const page = await open(`/executions/${await finished()}`);
    await shows(page, "stdout line 6");
    const focused = await page.evaluate<string>(
      `document.body.dispatchEvent(new KeyboardEvent("keydown", ${JSON.stringify({ ...pressed, bubbles: true })}));
       document.activeElement.id`,
    );
    expect(focused).toBe("search-field");
  });

  it("a phone shows the page without horizontal scrolling", async () => {
    const id = await finished();
    const page = await open(`/executions/${id}`, {
      key: world.server.apiKey,
      viewport: { width: 390, height: 780 },
    });
    await shows(page, "stdout line 6");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    const sheet = page.getByRole("dialog");
    expect(await sheet.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    await page.goto(world.server.url);
    await page.locator("tbody tr").first().waitFor();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  });

  const asked = (path: string, accept: string, more: Record<string, string> = {}) =>
    fetch(world.server.url + path, { headers: { accept, "st2-api-key": world.server.apiKey, ...more } });

  it("a page differs from the API by the requested type", async () => {
    const path = `/executions/${await finished()}`;
    expect((await asked(path, "text/html")).headers.get("content-type")).toBe("text/html; charset=utf-8");
    for (const accept of ["application/json", "*/*"])
      expect(await (await asked(path, accept)).json()).toMatchObject({ id: path.split("/")[2] });
    for (const file of ["/page.html", "/list.html", "/run.html"])
      expect((await asked(file, "text/html")).status, file).toBe(404);
  });

  it("lists, outputs and run forms are pages of their own, and none loads the others", async () => {
    const [list, output, run, form] = await Promise.all(
      ["/", "/executions/0", "/run", "/run/core.local"].map(async (path) => {
        const page = await asked(path, "text/html");
        return page.text();
      }),
    );
    expect(form).toBe(run);
    const of = (html = "") =>
      ["Find an action", "Search the whole output", "No executions match"].filter((text) =>
        html.includes(text),
      );
    expect([list, output, run].map(of)).toEqual([
      ["No executions match"],
      ["Search the whole output"],
      ["Find an action"],
    ]);
  });

  it.each(["/", "/executions/0", "/run"])(
    "the page at %s runs only its own script, and is cached",
    async (path) => {
      const page = await asked(path, "text/html,application/xhtml+xml,*/*;q=0.8");
      const policy = page.headers.get("content-security-policy") ?? "";
      const html = await page.text();
      const hashes = (element: string) =>
        Array.from(
          html.matchAll(new RegExp(`<${element}[^>]*>(.+?)</${element}>`, "gs")),
          ([, text = ""]) => {
            const hash = createHash("sha256").update(text).digest("base64");
            return `'sha256-${hash}'`;
          },
        );
      const [ahead, main, ...others] = hashes("script");
      expect(others).toEqual([]);
      expect(policy.split("; ")).toContain(`script-src ${ahead} ${main}`);
      expect(policy.split("; ")).toContain(`style-src ${hashes("style").join(" ")}`);
      expect(policy).not.toContain("unsafe");
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      const etag = page.headers.get("etag") ?? "";
      for (const tag of [etag, `W/${etag}`]) {
        const again = await asked(path, "text/html", { "if-none-match": tag });
        expect({ status: again.status, text: await again.text() }).toEqual({ status: 304, text: "" });
        expect(again.headers.get("content-security-policy")).toBe(policy);
      }
      expect((await asked(path, "text/html", { "if-none-match": '"another"' })).status).toBe(200);
    },
  );
});
