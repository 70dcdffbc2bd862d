import { Hono } from "hono";
import { TailraceError } from "../../protocol/errors.ts";
import type { AppEnv } from "./context.ts";

/** Where the table of routes has the page that people watch output on; no request can name it. */
export const VIEWER_PATH = "/ viewer";

/** The paths that a browser opens a page at. Programs have the API at some of them. */
const PAGES = /^\/(executions(\/\w+)?|run(\/[\w.-]+)?)?$/;

/** Whether somebody opens a page: a browser says that it wants HTML before all else, a program does not. */
export function opensPage(request: Request, path: string): boolean {
  const reads = request.method === "GET" || request.method === "HEAD";
  return reads && PAGES.test(path) && (request.headers.get("accept") ?? "").startsWith("text/html");
}

/**
 * Scripts, styles and data come from here and from nowhere else, and nothing inline runs but the one script that the page
 * was built with: output is shown as text, and should that ever fail, it still cannot do anything.
 */
async function pageHeaders(page: string): Promise<Record<string, string>> {
  const [, script = ""] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
    vary: "Accept",
  };
}

/** The page, the same at each of its paths, and the files that it loads, where they are not served before the Worker. */
export const viewer = new Hono<AppEnv>()
  .get(VIEWER_PATH, async (c) => {
    const file = await c.env.ASSETS.fetch(new URL("/page.html", c.req.url));
    const page = await file.text();
    return c.body(page, 200, await pageHeaders(page));
  })
  .get("/assets/:file", async (c) => {
    const file = await c.env.ASSETS.fetch(c.req.url);
    if (!file.ok) throw new TailraceError("not_found");
    return c.body(await file.arrayBuffer(), 200, Object.fromEntries(file.headers));
  });
