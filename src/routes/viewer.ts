import { Hono } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";

/** Where the table of routes has the page that people watch output on; no request can name it. */
export const VIEWER_PATH = "/ viewer";

/** The paths that a browser opens a page at. Programs have the API at some of them. */
const PAGES = /^\/(executions(\/\w+)?|run(\/[\w.-]+)?)?$/;

/** Whether somebody opens a page: a browser says that it wants HTML before all else, a program does not. */
export function opensPage(request: Request, path: string): boolean {
  const reads = request.method === "GET" || request.method === "HEAD";
  return reads && PAGES.test(path) && (request.headers.get("accept") ?? "").startsWith("text/html");
}

/** The built page, and how it is sent. */
interface Page {
  html: string;
  etag: string;
  headers: Record<string, string>;
}

/** Read once by each isolate: a version of the Worker has one page. */
let kept: Promise<Page> | undefined;

/** The page, the same at each of its paths. A browser that has it already is told so. */
export const viewer = new Hono<AppEnv>().get(VIEWER_PATH, async (c) => {
  kept ??= readPage(c.env.ASSETS, new URL("/page.html", c.req.url)).catch((error) => {
    kept = undefined;
    throw error;
  });
  const { html, etag, headers } = await kept;
  // Whoever compresses it on the way may have made the tag a weak one.
  if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
  return c.body(html, 200, { "content-type": "text/html; charset=utf-8", ...headers });
});

/**
 * Nothing runs but what the page was built with, by its hashes, and data come from here and from nowhere else: output is
 * shown as text, and should that ever fail, it still cannot do anything.
 */
async function readPage(assets: Fetcher, url: URL): Promise<Page> {
  const file = await assets.fetch(url);
  if (!file.ok)
    throw new TailraceError("unavailable", "The page has not been built: npm run build makes it.");
  const html = await file.text();
  const policy = [
    "default-src 'none'",
    `script-src ${await hashes(html, "script")}`,
    `style-src ${await hashes(html, "style")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const etag = `"${await sha256(html)}"`;
  const headers = {
    etag,
    "content-security-policy": policy.join("; "),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
    vary: "Accept",
  };
  return { html, etag, headers };
}

/** What a policy names the page's elements of a kind by. */
async function hashes(html: string, element: "script" | "style"): Promise<string> {
  const elements = html.matchAll(new RegExp(`<${element}[^>]*>(.*?)</${element}>`, "gs"));
  const all = await Promise.all(Array.from(elements, ([, text = ""]) => sha256(text)));
  return all.map((hash) => `'sha256-${hash}'`).join(" ");
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
