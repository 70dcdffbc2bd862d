// @module-tag chromium-headless-shell
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Parameters } from "../../protocol/model/action.ts";
import { MASK } from "../../protocol/model/mask.ts";
import { afterTest, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { browser, producers, server } from "./support/shared-server.ts";

const PARAMETERS: Parameters = {
  text: { type: "string", default: "hello", position: 0 },
  sure: { type: "boolean", required: true, position: 1 },
  maybe: { type: "boolean", position: 2 },
  count: { type: "integer", minimum: 1, maximum: 5, default: 3, position: 3 },
  code: { type: "string", pattern: "^[a-z]+$", position: 4 },
  token: { type: "string", secret: true, position: 5 },
  level: { enum: [1, 2, 10], type: "integer", default: 2, position: 6 },
  map: { type: "object", position: 7, properties: { token: { type: "string", secret: true } } },
};

beforeAll(async () => {
  const action = { pack: "forms", runner_type: "local-shell-cmd" as const, tags: [] };
  await producers.client.register({
    packs: [{ ref: "forms", name: "forms" }],
    actions: [
      { ...action, name: "all", parameters: PARAMETERS },
      {
        ...action,
        name: "must",
        parameters: {
          word: { type: "string", required: true },
          key: { type: "string", secret: true, required: true },
        },
      },
    ],
  });
});

async function open(path: string): Promise<Page> {
  const tab = await openTab(browser, server.url, path, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  return tab.page;
}

/** Presses Run, and returns the parameters of the new execution, with its secrets. */
async function run(page: Page): Promise<Record<string, unknown>> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  return started(page);
}

async function started(page: Page): Promise<Record<string, unknown>> {
  await page.waitForURL(/\/executions\/\w+$/);
  return secretsOf(page.url().split("/").at(-1) ?? "");
}

/** The name of the field that has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.id.replace('field-', '')");
}

async function secretsOf(id: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/v1/executions/${id}?show_secrets=true`, {
    headers: { "st2-api-key": server.apiKey },
  });
  const { parameters } = (await answer.json()) as { parameters: Record<string, unknown> };
  return parameters;
}

describe("a run form", () => {
  it("reads parameters that are named like the properties of a form", async () => {
    const names = ["elements", "requestSubmit", "constructor"];
    const parameters = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
    await producers.client.register({
      packs: [{ ref: "odd", name: "odd" }],
      actions: [{ pack: "odd", name: "form", runner_type: "local-shell-cmd", parameters, tags: [] }],
    });
    const page = await open("/run/odd.form");
    for (const name of names) await page.getByLabel(name, { exact: true }).fill(`the ${name}`);
    await page.keyboard.press("Control+Enter");
    expect(await started(page)).toEqual(Object.fromEntries(names.map((name) => [name, `the ${name}`])));
  });

  it("shows a parameter that is named like a property of each object, and long names on a small screen", async () => {
    const long = "n".repeat(100);
    const parameters = { valueOf: { type: "string" as const }, [long]: { type: "string" as const } };
    await producers.client.register({
      packs: [{ ref: "odd", name: "odd" }],
      actions: [{ pack: "odd", name: long, runner_type: "local-shell-cmd", parameters, tags: [] }],
    });
    const page = await open(`/run/odd.${long}`);
    await page.setViewportSize({ width: 390, height: 700 });
    await page.getByLabel("valueOf", { exact: true }).fill("a");
    expect((await page.getByLabel(long).boundingBox())?.width).toBeLessThan(390);
  });

  it("gives the program each line of a text, as it was typed or pasted", async () => {
    const page = await open("/run/core.local");
    await page.getByLabel("cmd").click();
    await page.keyboard.type("echo first");
    await page.keyboard.press("Enter");
    await page.keyboard.insertText("echo second\n  echo third");
    await page.keyboard.press("Control+Enter");
    expect(await started(page)).toEqual({ cmd: "echo first\necho second\n  echo third" });
  });

  it("gives false for a required boolean, and leaves out one that is not set", async () => {
    const page = await open("/run/forms.all");
    expect(await run(page)).toEqual({ sure: false });
  });

  it("sets an optional boolean to true, false or nothing, and a choice to its value and not its text", async () => {
    const page = await open("/run/forms.all");
    await page.getByLabel("maybe").selectOption("false");
    await page.getByLabel("level").selectOption("10");
    expect(await run(page)).toEqual({ sure: false, maybe: false, level: 10 });
  });

  it("gives an empty text in place of a default, if the field was cleared", async () => {
    const page = await open("/run/forms.all");
    await page.getByLabel("text", { exact: true }).fill("");
    await page.getByLabel("count").fill("");
    expect(await page.getByLabel("count").getAttribute("placeholder")).toBe("3 if empty");
    expect(await run(page)).toEqual({ text: "", sure: false });
  });

  it("keeps the line ends of a secret, such as a key, and hides them", async () => {
    const page = await open("/run/forms.all");
    await page.getByLabel("token").fill("-----BEGIN\nkey\n-----END");
    expect(await run(page)).toEqual({ sure: false, token: "-----BEGIN\nkey\n-----END" });
    const doc = await producers.client.get(page.url().split("/").at(-1) ?? "");
    expect(doc.parameters.token).toBe(MASK);
  });

  it("starts one execution on a double click", async () => {
    const before = (await producers.client.list({ action: "forms.all" })).length;
    const page = await open("/run/forms.all");
    await page.getByRole("button", { name: "Run", exact: true }).dblclick();
    await page.waitForURL(/\/executions\/\w+$/);
    expect((await producers.client.list({ action: "forms.all" })).length).toBe(before + 1);
  });
});

describe("a value that is refused", () => {
  it("is named at its field, which gets the focus, also in a part that is folded", async () => {
    const page = await open("/run/forms.must");
    await page.getByText(/more parameters/).click();
    await page.getByLabel("env").fill("not JSON");
    await page.getByText(/more parameters/).click();
    await page.getByLabel("word *").fill("x");
    await page.getByLabel("key *").fill("secret");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("env is not an object in JSON").waitFor();
    const env = page.getByLabel("env");
    expect(await focused(page)).toBe("env");
    expect(await env.getAttribute("aria-invalid")).toBe("true");
    expect(await env.getAttribute("aria-describedby")).toContain("error-env");
    await env.fill("{}");
    await page.getByText("env is not an object in JSON").waitFor({ state: "detached" });
  });

  it("is one of several, all of which are shown", async () => {
    const page = await open("/run/forms.must");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("word is required").waitFor();
    await page.getByText("key is required").waitFor();
    expect(await focused(page)).toBe("key");
  });

  it("is beyond a bound, or not a number at all", async () => {
    const page = await open("/run/forms.all");
    for (const [text, reason] of [
      ["0", "count is less than 1"],
      ["6", "count is more than 5"],
      ["2.5", "count is not a whole number"],
      ["two", "count is not a number"],
    ] as const) {
      await page.getByLabel("count").fill(text);
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.getByText(reason, { exact: true }).waitFor();
    }
  });

  it("is refused by the server's pattern, at the field too", async () => {
    const page = await open("/run/forms.all");
    await page.getByLabel("code").fill("ABC");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText(/^code 'ABC' does not match/).waitFor();
    const code = page.getByLabel("code");
    expect(await code.getAttribute("aria-invalid")).toBe("true");
    await code.fill("abc");
    expect(await run(page)).toMatchObject({ code: "abc" });
  });
});

describe("a run with changes", () => {
  async function changed(parameters: Record<string, unknown>): Promise<Page> {
    const { id } = await producers.client.create({ action: "forms.all", parameters });
    return open(`/run/forms.all?from=${id}&pool=default`);
  }

  it("keeps an optional secret that the page does not know, and what was not touched", async () => {
    const earlier = { sure: true, token: "topsecret", text: "a\r\nb", map: { key: 1, token: "topsecret" } };
    const page = await changed(earlier);
    await page.getByLabel("count").fill("4");
    expect(await run(page)).toEqual({ ...earlier, count: 4 });
  });

  it("runs with another secret, or without one", async () => {
    const page = await changed({ sure: true, token: "topsecret" });
    await page.getByLabel("token", { exact: true }).fill("another");
    expect(await run(page)).toEqual({ sure: true, token: "another" });
    const other = await changed({ sure: true, token: "topsecret" });
    await other.getByLabel("run without token").check();
    expect((await run(other)).token ?? null).toBe(null);
  });

  it("clears a value that the earlier run had, and unsets a boolean", async () => {
    const page = await changed({ sure: true, code: "abc", maybe: true, count: 5 });
    await page.getByLabel("code").fill("");
    await page.getByLabel("count").fill("");
    await page.getByLabel("sure").uncheck();
    await page.getByLabel("maybe").selectOption("");
    const now = Object.entries(await run(page)).filter(([, value]) => value !== null);
    expect(Object.fromEntries(now)).toEqual({ sure: false });
  });

  it("does not take the stars of a masked secret for its value", async () => {
    const page = await changed({ sure: true, token: "topsecret", map: { key: 1, token: "topsecret" } });
    await page.getByLabel("map").fill(`{"key": 2, "token": "${MASK}"}`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText(/^map contains \*{8}, which stands for a secret/).waitFor();
  });

  it("keeps the labels of the earlier run", async () => {
    const { id } = await producers.client.create({
      action: "forms.all",
      parameters: { sure: true },
      labels: { zone: "eu" },
    });
    const page = await open(`/run/forms.all?from=${id}&pool=default`);
    await run(page);
    expect(await producers.client.get(page.url().split("/").at(-1) ?? "")).toMatchObject({
      labels: { zone: "eu" },
    });
  });

  it("starts once, when Run again is clicked twice", async () => {
    const producer = await producers.open();
    await producer.end();
    const count = async () => (await producers.client.list({ action: "core.local", limit: 100 })).length;
    const before = await count();
    const page = await open(`/executions/${producer.id}`);
    await page.getByRole("button", { name: "Run again" }).dblclick();
    await page.waitForURL((url) => !url.pathname.endsWith(producer.id));
    await until("it is listed", async () => (await count()) > before);
    expect(await count()).toBe(before + 1);
  });
});
