import { Hono } from "hono";
import { VERSION } from "../../protocol/base/version.ts";
import type { AppEnv } from "../http/context.ts";
import { openApi } from "../openapi/document.ts";
import { docsPage } from "../openapi/page.ts";

/** The server's health, version and documentation, without authentication. */
export const meta = new Hono<AppEnv>()
  .get("/healthz", (c) =>
    c.json({ ok: true, name: "tailrace", version: VERSION, time: new Date().toISOString() }),
  )
  .get("/api/v1", (c) => c.json({ version: VERSION, docs_url: `${new URL(c.req.url).origin}/docs` }))
  .get("/openapi.json", (c) => c.json(openApi(new URL(c.req.url).origin)))
  .get("/docs", (c) => {
    c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'");
    return c.html(docsPage());
  });
