import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  firefox,
  type LaunchOptions,
  type Page,
} from "playwright-core";
import { findProgram, programFolders } from "../../setup/needs.ts";

/** Debian's browser without its windows, or the whole one. */
const PROGRAM = ["chromium-headless-shell", "chromium"]
  .map((program) => findProgram(program, programFolders()))
  .find((file) => file !== undefined);

/** The browser makes no requests of its own. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(more: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM ?? "chromium", headless: true, args: FLAGS, ...more });
}

/** Debian's own Firefox, driven by WebDriver BiDi. */
export function launchFirefox(): Promise<Browser> {
  const programs = ["firefox-esr", "firefox"].map((program) => findProgram(program, programFolders()));
  return firefox.launch({
    channel: "moz-firefox",
    headless: true,
    executablePath: programs.find((file) => file !== undefined) ?? "firefox-esr",
  });
}

/** A tab that is signed in by a key, and the errors of its page. */
export interface Tab {
  page: Page;
  errors: string[];
  close: () => Promise<void>;
}

/** Opens a page of the viewer in a browser context of its own. */
export async function openTab(
  browser: Browser,
  url: string,
  path: string,
  { key, ...options }: BrowserContextOptions & { key?: string } = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  if (key !== undefined) {
    const { pathname } = new URL(url);
    const name = `tailrace.credential${pathname === "/" ? "" : pathname}`;
    // In Firefox the script also runs in the page before, which has no storage.
    const store = `sessionStorage.setItem(${JSON.stringify(name)}, ${JSON.stringify(key)})`;
    await context.addInitScript(`if (location.protocol.startsWith("http")) ${store}`);
  }
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // Broken connections of a test are logged there too.
    if (message.type() === "error" && !/ERR_|Failed to load resource|WebSocket|at ws:/.test(message.text()))
      errors.push(message.text());
  });
  await page.goto(url + path);
  return { page, errors, close: () => context.close() };
}
