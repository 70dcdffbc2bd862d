import { Hono } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";

/** The path of the viewer's pages in the table of routes; no request can name it. */
export const VIEWER_PATH = "/ viewer";

/** The paths at which a browser opens a page. The API has some of them too. */
const PAGES = /^\/(executions(\/\w+)?|run(\/[\w.-]+)?)?$/;

/** Whether a browser opens a page: it asks for HTML before any other type, and a program does not. */
export function opensPage(request: Request, path: string): boolean {
  const reads = request.method === "GET" || request.method === "HEAD";
  return reads && PAGES.test(path) && (request.headers.get("accept") ?? "").startsWith("text/html");
}

/** The built page, and its headers. */
interface Page {
  html: string;
  etag: string;
  headers: Record<string, string>;
}

/** Each page by its file, read once by each isolate: a version of the Worker has one of each. */
const kept = new Map<string, Promise<Page>>();

/** The page of a path, the same at all paths of its kind. A browser with the current page gets 304. */
export const viewer = new Hono<AppEnv>().get(VIEWER_PATH, async (c) => {
  const { html, etag, headers } = await keptPage(c.env.ASSETS, new URL(c.req.url));
  // A proxy that compresses the page may have weakened the tag.
  if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
  return c.body(html, 200, { "content-type": "text/html; charset=utf-8", ...headers });
});

function keptPage(assets: Fetcher, { origin, pathname }: URL): Promise<Page> {
  const file = fileOf(pathname);
  const page =
    kept.get(file) ??
    readPage(assets, new URL(file, origin)).catch((error) => {
      kept.delete(file);
      throw error;
    });
  kept.set(file, page);
  return page;
}

/** The file of the page at a path. */
function fileOf(path: string): string {
  if (path.startsWith("/run")) return "/run.html";
  return path.startsWith("/executions/") ? "/page.html" : "/list.html";
}

/**
 * The browser runs only the scripts that the page was built with, by their hashes, and loads data only from this server.
 * Output is shown as text; the policy would also stop a script in it.
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

/** The hashes by which the policy allows the page's elements of a kind. */
async function hashes(html: string, element: "script" | "style"): Promise<string> {
  const elements = html.matchAll(new RegExp(`<${element}[^>]*>(.*?)</${element}>`, "gs"));
  const all = await Promise.all(Array.from(elements, ([, text = ""]) => sha256(text)));
  return all.map((hash) => `'sha256-${hash}'`).join(" ");
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
